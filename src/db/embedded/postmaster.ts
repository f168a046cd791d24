import { execFile, spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, DatabaseError } from 'pg';
import { StartError } from '../../base/errors.ts';
import { program, type Binaries } from './postgres-binaries.ts';
import { asUser, type RunAs } from './run-as.ts';

/** The connection to the database, as `pg` takes it; `host` is a directory if a Unix socket is used. */
export interface PostgresConnection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** All inputs of a start of the server, the same at every restart. */
export interface ServerPlan {
  binaries: Binaries;
  user: RunAs | null;
  pgData: string;
  logFile: string;
  settings: Record<string, string>;
  connection: PostgresConnection;
}

/** PostgreSQL's main process, as a child of this one. */
export interface Postmaster {
  readonly pid: number;
  /** Why it ended (`signal SIGKILL`, `exit code 1`), or null while it runs. */
  readonly ended: string | null;
  readonly exited: Promise<string>;
  /** Size of the log in bytes before it started. */
  readonly logStart: number;
}

/** A quick start takes 50 ms; a long recovery should not fill the log with refused connections. */
const READY_POLL_MS = { first: 15, most: 250 };
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Starts the server in its own process group: Ctrl-C in the terminal is for the program, which drains first. */
export function spawnPostmaster(plan: ServerPlan): Postmaster {
  const log = openSync(plan.logFile, 'a', 0o600);
  if (fstatSync(log).size > MAX_LOG_BYTES) ftruncateSync(log);
  const logStart = fstatSync(log).size;
  const settings = Object.entries(plan.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program(plan.binaries, 'postgres'), ['-D', plan.pgData, ...settings], {
    ...asUser(plan.user),
    cwd: path.parse(plan.pgData).root,
    env: childEnv(),
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true,
  });
  closeSync(log);
  let ended: string | null = null;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  }).then((end) => (ended = end));
  return {
    pid: child.pid ?? 0,
    get ended() {
      return ended;
    },
    exited,
    logStart,
  };
}

/** Without the rest of the environment: it contains secrets, and PostgreSQL's user can read its own. */
export function childEnv(): Record<string, string> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'LD_LIBRARY_PATH', 'NIX_LD', 'NIX_LD_LIBRARY_PATH'];
  const values = kept.map((name) => [name, process.env[name]] as const);
  return {
    LC_ALL: 'C',
    ...Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined)),
  };
}

/**
 * Waits until the server accepts connections. Recovery after a crash may take long: the limit counts from the last
 * time that the server reported that it was starting up.
 * @throws StartError with the server's output, if it ends or never answers
 */
export async function untilReady(plan: ServerPlan, postmaster: Postmaster, timeoutMs: number): Promise<void> {
  let deadline = performance.now() + timeoutMs;
  for (let pollMs = READY_POLL_MS.first; ; pollMs = Math.min(pollMs * 1.2, READY_POLL_MS.most)) {
    if (postmaster.ended !== null) {
      const said = (await logTail(plan.logFile, postmaster.logStart)) || 'it wrote nothing';
      throw new StartError(
        `PostgreSQL ended while starting (${postmaster.ended}): ${said}. Its log is ${plan.logFile}.`,
      );
    }
    const state = await tryConnect(plan.connection, plan.pgData);
    if (state === 'ready') return;
    if (state === 'starting') deadline = performance.now() + timeoutMs;
    if (performance.now() > deadline) {
      throw new StartError(
        `PostgreSQL (pid ${postmaster.pid}) accepted no connection within ${timeoutMs / 1000} s: see its log, ${plan.logFile}.`,
      );
    }
    await sleep(pollMs);
  }
}

/** Whether a server answers; `starting` includes recovery from a crash and shutdown. */
export async function tryConnect(
  connection: PostgresConnection,
  pgData: string,
): Promise<'ready' | 'starting' | 'absent'> {
  const client = new Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // The server may die between the answer and end().
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    if (!(error instanceof DatabaseError)) return 'absent';
    if (error.code?.startsWith('57P')) return 'starting';
    if (error.code === '53300') return 'ready'; // Too many connections: the server is up.
    throw refused(pgData, error);
  } finally {
    await client.end().catch(() => {});
  }
}

function refused(pgData: string, error: DatabaseError): StartError {
  const remedy =
    error.code === '28P01'
      ? `${pgData}-password does not belong to it, restore both from the same backup`
      : 'see its pg_hba.conf and its log';
  return new StartError(`The database in ${pgData} refuses the connection (${error.message}): ${remedy}.`, {
    cause: error,
  });
}

/**
 * Fast shutdown: clients are disconnected, everything is written. It escalates if that hangs, and at once if the
 * server recovers from a crash: PostgreSQL 18.4, asked for a fast shutdown during recovery from a crashed backend,
 * waits forever, and there is nothing to write that the log does not contain already.
 */
export async function stopPostmaster(plan: ServerPlan, postmaster: Postmaster): Promise<void> {
  if (process.platform === 'win32') await pgCtlStop(plan.binaries, plan.pgData);
  const state = await tryConnect(plan.connection, plan.pgData).catch(() => 'ready');
  for (const [signal, timeoutMs] of STOP_SIGNALS.slice(state === 'ready' ? 0 : 1)) {
    if (postmaster.ended !== null) return;
    sendSignal(postmaster.pid, signal);
    const waited = new AbortController();
    await Promise.race([
      postmaster.exited,
      sleep(timeoutMs, null, { signal: waited.signal }).catch(() => null),
    ]);
    waited.abort();
  }
  await postmaster.exited;
}

/** Fast, immediate, and kill: how long each may take before the next, in milliseconds. */
export const STOP_SIGNALS: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 5_000],
];

/** @returns whether the process exists and may be signalled */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return pid > 0 && process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Windows has no such signals; pg_ctl uses PostgreSQL's own substitute. */
export async function pgCtlStop(binaries: Binaries, pgData: string): Promise<void> {
  await promisify(execFile)(program(binaries, 'pg_ctl'), ['stop', '-w', '-m', 'fast', '-D', pgData]).catch(
    () => {},
  );
}

/** The last output of the server since `from`, on one line. */
async function logTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 4096);
    const { buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return oneLine(buffer.toString('utf8'));
  } finally {
    await handle.close();
  }
}

/** The lines with errors, without time stamps; all lines if there are none. */
export function oneLine(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => !/FATAL: +the database system is/.test(line))
    .map((line) => line.replace(/^\S+ \S+ UTC \[\d+\] /, '').trim());
  const errors = lines.filter((line) => /\b(FATAL|PANIC|error|HINT|hint)\b/.test(line));
  return (errors.length > 0 ? errors : lines).filter(Boolean).slice(-4).join('; ').replace(/\.$/, '');
}
