import { readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { StartError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import {
  claimFor,
  holdsDatabase,
  ifMissing,
  layout,
  openDataDir,
  openSocketDir,
  SOCKET_PORT,
} from './data-dir.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { evictOrphan, readPostmasterFile } from './orphan.ts';
import { findBinaries, runnable } from './postgres-binaries.ts';
import { DATABASE_USER, initCluster, removeDrafts } from './postgres-init.ts';
import { serverSettings } from './postgres-settings.ts';
import {
  pgCtlStop,
  sendSignal,
  spawnPostmaster,
  stopPostmaster,
  tryConnect,
  untilReady,
  type PostgresConnection,
  type Postmaster,
  type ServerPlan,
} from './postmaster.ts';
import { chooseRunAs, mustReach } from './run-as.ts';

export type { PostgresConnection } from './postmaster.ts';

/** The embedded PostgreSQL, restarted whenever it dies, until `stop`. */
export interface EmbeddedPostgres {
  /** Stays valid over restarts; while the server is down, connecting fails. */
  readonly connection: PostgresConnection;
  /** The pid of PostgreSQL's main process; changes with each restart. */
  readonly pid: number;
  /** Number of restarts after a crash. */
  readonly restarts: number;
  /** Fast shutdown; when it resolves, the data directory is free for another process. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  log: Logger;
  /** False trades durability on power loss for speed, in tests. Default true. */
  durable?: boolean;
  /** PostgreSQL settings that extend or override Fairlead's. */
  settings?: Record<string, string>;
  /** Called when the process has been started, before it accepts connections. */
  onSpawn?: () => void;
}

const DATABASE = 'fairlead';
const READY_TIMEOUT_MS = 60_000;
const MAX_BACKOFF_MS = 5_000;
/** Backends of a killed server need a moment to notice; until then a new server is refused. */
const LEFTOVER_TIMEOUT_MS = 10_000;

/**
 * Starts PostgreSQL in `dataDir`, creates the database on the first start, and keeps it running.
 * @throws StartError with one line that says what is wrong, where, and what to do
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = await openDataDir(options.dataDir);
  try {
    const lock = await lockDataDir(dataDir);
    try {
      const plan = await prepare(dataDir, options);
      const first = await launchFirst(plan, options);
      return supervise(plan, first, options.log, () => lock.release());
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw asStartError(error, dataDir);
  }
}

/** Everything up to the point where the server can be spawned; the caller holds the directory's lock. */
async function prepare(dataDir: string, options: EmbeddedOptions): Promise<ServerPlan> {
  const { log, durable = true } = options;
  const { pgData, passwordFile, logFile } = layout(dataDir);
  const found = await findBinaries();
  const user = await chooseRunAs(pgData);
  await mustReach(user, dataDir);
  const exists = await holdsDatabase(pgData, found.version.split('.')[0]!);
  if (exists) await evict({ binaries: found, pgData }, log);
  const binaries = await runnable(found, dataDir, user, log);
  await removeDrafts(dataDir, log);
  if (exists) await claimFor(user, pgData);
  else await initCluster(dataDir, binaries, user, durable, log);

  const windows = process.platform === 'win32';
  const host = windows ? '127.0.0.1' : await openSocketDir(dataDir, user);
  const port = windows ? await freePort() : SOCKET_PORT;
  const password = await readPassword(passwordFile, pgData);
  return {
    binaries,
    user,
    pgData,
    logFile,
    settings: { ...serverSettings(windows ? null : host, port, durable), ...options.settings },
    connection: { host, port, user: DATABASE_USER, password, database: DATABASE },
  };
}

/** Stops a server of an earlier run, and removes what a dead one left. */
async function evict(plan: Pick<ServerPlan, 'binaries' | 'pgData'>, log: Logger): Promise<void> {
  if (process.platform === 'win32') await pgCtlStop(plan.binaries, plan.pgData);
  await evictOrphan(plan.pgData, log);
}

/** The socket and its pid file may be left over too, and would block the start if the pid was reused. */
async function removeLeftovers(plan: ServerPlan, log: Logger): Promise<void> {
  await evict(plan, log);
  const socket = path.join(plan.connection.host, `.s.PGSQL.${plan.connection.port}`);
  await Promise.all([rm(socket, { force: true }), rm(`${socket}.lock`, { force: true })]);
}

async function launchFirst(
  plan: ServerPlan,
  { log, onSpawn }: Pick<EmbeddedOptions, 'log' | 'onSpawn'>,
): Promise<Postmaster> {
  const deadline = performance.now() + LEFTOVER_TIMEOUT_MS;
  for (;;) {
    await removeLeftovers(plan, log);
    const postmaster = spawnPostmaster(plan);
    onSpawn?.();
    try {
      await untilReady(plan, postmaster, READY_TIMEOUT_MS);
      await ensureDatabase(plan.connection);
      return postmaster;
    } catch (error) {
      await stopPostmaster(plan, postmaster);
      const leftover = error instanceof StartError && error.message.includes('shared memory block');
      if (!leftover || performance.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function ensureDatabase(connection: PostgresConnection): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end().catch(() => {});
  }
}

function supervise(
  plan: ServerPlan,
  first: Postmaster,
  log: Logger,
  release: () => Promise<void>,
): EmbeddedPostgres {
  let postmaster = first;
  let restarts = 0;
  let stopped: Promise<void> | null = null;
  const stopping = new AbortController();
  // If the program ends without stop(), for example by an exception, PostgreSQL should not outlive it.
  const endWithUs = (): void => void sendSignal(postmaster.pid, 'SIGINT');
  process.once('exit', endWithUs);
  const watching = watch();

  async function watch(): Promise<void> {
    for (let backoffMs = 50; ; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      const since = performance.now();
      const end = await postmaster.exited;
      if (stopping.signal.aborted) return;
      if (performance.now() - since > READY_TIMEOUT_MS) backoffMs = 50;
      log.error({ pid: postmaster.pid, end, backoffMs }, 'the embedded PostgreSQL ended: restarting it');
      await sleep(backoffMs, null, { signal: stopping.signal }).catch(() => {});
      await restart().catch((error: Error) =>
        log.error({ reason: error.message }, 'PostgreSQL is not back yet'),
      );
    }
  }

  async function restart(): Promise<void> {
    await removeLeftovers(plan, log);
    if (stopping.signal.aborted) return;
    postmaster = spawnPostmaster(plan);
    await untilReady(plan, postmaster, Infinity);
    restarts += 1;
    log.info({ pid: postmaster.pid, restarts }, 'the embedded PostgreSQL is back');
  }

  async function shutDown(): Promise<void> {
    stopping.abort();
    await stopPostmaster(plan, postmaster);
    await watching;
    process.off('exit', endWithUs);
    await release();
  }

  return {
    connection: plan.connection,
    get pid() {
      return postmaster.pid;
    },
    get restarts() {
      return restarts;
    },
    stop: () => (stopped ??= shutDown()),
  };
}

/**
 * The connection to the server that another process runs in `dataDir`, for commands; null if none runs. It may
 * still be starting (`57P03`). Takes no ownership and starts nothing.
 */
export async function attachEmbedded(dataDir: string): Promise<PostgresConnection | null> {
  const { pgData, passwordFile } = layout(path.resolve(dataDir));
  try {
    const running = await readPostmasterFile(pgData);
    if (!running?.port) return null;
    const { port, socketDir } = running;
    const password = await readPassword(passwordFile, pgData);
    const connection = {
      host: socketDir || '127.0.0.1',
      port,
      user: DATABASE_USER,
      password,
      database: DATABASE,
    };
    return (await tryConnect(connection, pgData)) === 'absent' ? null : connection;
  } catch (error) {
    throw asStartError(error, dataDir);
  }
}

async function readPassword(file: string, pgData: string): Promise<string> {
  const password = await readFile(file, 'utf8').catch(ifMissing(null));
  if (password !== null) return password.trim();
  throw new StartError(
    `${file} is missing, the password of the database in ${pgData}: restore it from a backup.`,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function asStartError(error: unknown, dataDir: string): StartError {
  if (error instanceof StartError) return error;
  const { message } = error as Error;
  return new StartError(
    `The embedded PostgreSQL could not be set up in ${dataDir}: ${message.replaceAll(/\s*\n\s*/g, ' ')}. Check permissions and disk space there, or set DATABASE_URL.`,
    { cause: error },
  );
}
