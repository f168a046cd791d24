import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, StartError } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { makeSealer, parseKey, SealError, type Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { attachEmbedded, startEmbedded } from './db/embedded/embedded.ts';
import { failureKind } from './db/failure.ts';
import { migrate } from './db/migrate.ts';
import { ensurePartitions } from './db/partition.ts';
import { openDatabase, type Connection, type Database } from './db/pool.ts';

/** The database, up to date, and the key for its secrets. */
export interface Store {
  db: Database;
  sealer: Sealer;
  /** Closes the pool and, if this process started it, PostgreSQL. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Use the embedded PostgreSQL of a running server, if there is one. */
  attach: boolean;
  /** Called once PostgreSQL runs, or its process has been started; that takes a moment to accept connections. */
  onSpawn?: () => void;
}

/**
 * Opens the store, and loads code meanwhile: PostgreSQL, in a process of its own, becomes ready while this process
 * loads modules.
 * @param load imports the modules
 */
export async function openStoreWhile<Modules>(
  load: () => Promise<Modules>,
  config: Config,
  log: Logger,
  options: { attach: boolean },
): Promise<[Store, Modules]> {
  let loading: Promise<Modules> | undefined;
  const begin = () => {
    loading ??= load();
    // Reported below, after the store is open.
    loading.catch(() => undefined);
    return loading;
  };
  const store = await openStore(config, log, { ...options, onSpawn: () => void begin() });
  return [store, await begin()];
}

/** Opens the configured store: DATABASE_URL, or the embedded PostgreSQL of the data directory. */
export async function openStore(config: Config, log: Logger, options: StoreOptions): Promise<Store> {
  const { connection, stop } = await findDatabase(config, log, options);
  const db = openDatabase(connection, { max: 20, log });
  try {
    await migrate(db.side, log);
    await ensurePartitions(db.side, Date.now());
    const sealer = makeSealer(await secretKey(config));
    await checkSealer(db, sealer);
    return {
      db,
      sealer,
      async close() {
        await db.close();
        await stop();
      },
    };
  } catch (error) {
    await db.close();
    await stop();
    if (error instanceof StartError) throw error;
    const which = config.databaseUrl ? 'The database of DATABASE_URL' : 'The embedded database';
    const exit = failureKind(firstOf(error as Error)) === 'lost' ? EXIT.tryAgain : EXIT.failed;
    throw new StartError(`${which} cannot be used: ${reason(error as Error)}`, { cause: error, exit });
  }
}

/** A host name with several addresses fails with several errors and no message of its own. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError ? (error.errors[0] as Error) : error;
}

function reason(error: Error): string {
  return firstOf(error).message.replaceAll(/\s*\n\s*/g, ' ');
}

async function findDatabase(
  config: Config,
  log: Logger,
  { attach, onSpawn = () => undefined }: StoreOptions,
): Promise<{ connection: Connection; stop(): Promise<void> }> {
  if (config.databaseUrl) {
    onSpawn();
    return { connection: { connectionString: config.databaseUrl }, stop: () => Promise.resolve() };
  }
  const running = attach ? await attachEmbedded(config.dataDir) : null;
  if (running) {
    onSpawn();
    return { connection: running, stop: () => Promise.resolve() };
  }
  const embedded = await startEmbedded({ dataDir: config.dataDir, log, onSpawn });
  return { connection: embedded.connection, stop: () => embedded.stop() };
}

/** FAIRLEAD_SECRET_KEY, or the key in the data directory, which the first start generates. */
async function secretKey(config: Config): Promise<Buffer> {
  if (config.secretKey) return parseKey(config.secretKey)!;
  await mkdir(config.dataDir, { recursive: true });
  const file = path.join(config.dataDir, 'secret-key');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept === null) {
    // Written to a draft and linked: an interrupted start leaves no partial key, and of two concurrent starts one
    // wins.
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    await link(draft, file).catch(() => undefined);
    await unlink(draft);
  }
  const key = parseKey((await readFile(file, 'utf8')).trim());
  if (!key)
    throw new StartError(
      `${file} does not contain a key; restore it from a backup, or set FAIRLEAD_SECRET_KEY.`,
    );
  return key;
}

const CHECK_PLACE = { workspaceId: '', table: 'installation', column: 'sealed_check' };

/** Rejects a key other than the one that sealed this store. */
async function checkSealer(db: Database, sealer: Sealer): Promise<void> {
  await db.side.query('insert into installation (sealed_check) values ($1) on conflict do nothing', [
    sealer.seal(CHECK_PLACE, 'fairlead'),
  ]);
  const { rows } = await db.side.query<{ sealed_check: Buffer }>('select sealed_check from installation');
  try {
    sealer.open(CHECK_PLACE, rows[0]!.sealed_check);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new StartError(`FAIRLEAD_SECRET_KEY is not the key that sealed this database (${error.message}).`);
  }
}
