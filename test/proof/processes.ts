import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { metric as metricOf } from '../../perf/server.mjs';
import { attachEmbedded } from '../../src/db/embedded/embedded.ts';
import { urlOf } from '../kit/database.ts';
import { makeInstallation, type Installation, type Server } from '../kit/process.ts';

/** A server or worker of a proof. */
export interface Process {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** The first API key, which has all scopes. */
  readonly key: string;
  readonly ended: boolean;
  /** Sends SIGTERM; the process must then end by itself. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export type Defer = (undo: () => unknown) => void;

/** An installation that is removed at the end of the proof. */
export async function makeHome(defer: Defer, settings: Record<string, string> = {}): Promise<Installation> {
  const home = await makeInstallation({ FAIRLEAD_LOG_LEVEL: 'warn', ...settings });
  defer(() => home.remove());
  return home;
}

/** @param key the first API key, if another process has created it */
export async function startProcess(
  home: Installation,
  { env = {}, key }: { env?: Record<string, string>; key?: string } = {},
): Promise<Process> {
  const server = await home.start(env);
  return asProcess(server, key ?? server.key);
}

function asProcess({ program, url, stop }: Server, key: string): Process {
  return {
    pid: program.pid,
    port: Number(new URL(url).port),
    url,
    key,
    get ended() {
      return program.ended;
    },
    async stop() {
      const end = await stop();
      if (end.code !== 0) throw new Error(`a process ended with ${end.signal ?? end.code}: ${end.stderr}`);
    },
    async kill() {
      program.kill('SIGKILL');
      await program.exited;
    },
  };
}

/** Starts another process on the database of a running server, as on a second machine; by default a worker. */
export async function startSecond(
  defer: Defer,
  dataDir: string,
  { key, services = 'worker', env = {} }: { key: string; services?: string; env?: Record<string, string> },
): Promise<Process> {
  const connection = await attachEmbedded(dataDir);
  if (connection === null) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  const home = await makeHome(defer, {
    DATABASE_URL: urlOf(connection),
    FAIRLEAD_SECRET_KEY: (await readFile(path.join(dataDir, 'secret-key'), 'utf8')).trim(),
    FAIRLEAD_SERVICES: services,
    ...env,
  });
  return startProcess(home, { key });
}

/** The value of a metric, summed over all labels. */
export function metric(process: Process, name: string): Promise<number> {
  return metricOf(process, name);
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes that a process has started, on Linux. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  // The name in parentheses may contain anything; the parent's pid is the second field after it.
  const parentOf = (stat: string) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
  return pids.filter((_pid, n) => parentOf(stats[n]!) === parent).map(Number);
}

/** Whether /healthz answers 200. */
export function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
