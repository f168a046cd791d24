import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { metric as metricOf } from '../../perf/server.mjs';
import { attachEmbedded } from '../../src/db/embedded.ts';
import { urlOf } from '../kit/database.ts';
import { makeInstallation, type Installation, type Server } from '../kit/process.ts';

/** A server or worker of a proof. */
export interface Process {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** The first API key, which may do everything. */
  readonly key: string;
  readonly ended: boolean;
  /** SIGTERM, and then it must end by itself. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export type Defer = (undo: () => unknown) => void;

/** An installation that ends with the proof. */
export async function makeHome(defer: Defer, settings: Record<string, string> = {}): Promise<Installation> {
  const home = await makeInstallation({ FAIRLEAD_LOG_LEVEL: 'warn', ...settings });
  defer(() => home.remove());
  return home;
}

/** @param key the first key, where another process has made it */
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

/** Another process on the database of a server that runs, as on a second machine: a worker, unless `services` says otherwise. */
export async function startAnother(
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

/** A number that a process counts, over all its labels. */
export function metric(process: Process, name: string): Promise<number> {
  return metricOf(process, name);
}

/** A signal to a process that may be gone by now. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether it says that it lives. */
export function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
