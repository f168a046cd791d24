import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTINGS } from '../../src/config.ts';
import { isPostmasterOf, readPostmasterFile } from '../../src/db/embedded/orphan.ts';
import { addPreparedStore } from './prepared-store.ts';
import { ask, type Ask, type Reply } from './scenario.ts';

/** The repository, whose dist/ contains the built program. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');
/** The `fairlead` command of a clone. */
export const MAIN = path.join(PROJECT, 'dist/main.js');

/** How a program ended, and its output. */
export interface End {
  /** Null if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program that runs as a child of the test. */
export interface Program {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves once it has ended and all its output was read. */
  readonly exited: Promise<End>;
  /** Whether it has ended. */
  readonly ended: boolean;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the match once standard output has it; rejects if the program ends without it. */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

export interface ProgramOptions {
  /** In addition to PATH and the like; settings of the test run are not passed on. */
  env?: Record<string, string>;
  cwd?: string;
  /** The user it runs as, if root starts it. */
  uid?: number;
  gid?: number;
  /** In a separate process group, which receives the signals: for programs that start others. */
  group?: boolean;
}

export function startProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const { env = {}, cwd = PROJECT, group = false, ...as } = options;
  const child = spawn(file, args, {
    ...as,
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group,
  });
  const said = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
      for (const look of waiting) look();
    });
  }
  let ended = false;
  const exited = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended = true;
      resolve({ code, signal, ...said });
      for (const look of waiting) look();
    });
  });
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    exited,
    get ended() {
      return ended;
    },
    kill(signal) {
      if (!ended && child.pid) process.kill(group ? -child.pid : child.pid, signal);
    },
    says: (pattern, timeoutMs = 45_000) =>
      new Promise((resolve, reject) => {
        const rendered = () => `${args.join(' ')}: no ${pattern} in\n${said.stdout}\n${said.stderr}`;
        const look = () => {
          const match = pattern.exec(said.stdout);
          if (!match && !ended) return;
          clearTimeout(timer);
          waiting.delete(look);
          if (match) resolve(match);
          else reject(new Error(`It ended. ${rendered()}`));
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${timeoutMs} ms passed. ${rendered()}`));
        }, timeoutMs);
        waiting.add(look);
        look();
      }),
  };
}

/**
 * The test's environment without variables that affect the program: its settings, npm's of an `npm test`,
 * vitest's.
 */
function plainEnvironment(): Record<string, string> {
  const theirs =
    /^(FAIRLEAD_.*|VITEST.*|NODE_ENV|NODE_OPTIONS|INIT_CWD|npm_(?!config_).*|npm_config_\w*prefix)$/i;
  const kept = Object.entries(process.env).filter(([name]) => !theirs.test(name) && !(name in SETTINGS));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

/** A server that is ready. */
export interface Server {
  readonly program: Program;
  readonly url: string;
  /** The first key, if this was the first start and it printed where the key is; else ''. */
  readonly key: string;
  /** Sends a request; by default with `key`. */
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<End>;
}

/** Waits for a started server's ready line. @param timeoutMs default 45,000 */
export async function untilReady(program: Program, timeoutMs?: number): Promise<Server> {
  const url = (await program.says(/^Fairlead is ready at (\S+)$/m, timeoutMs))[1]!;
  const keyFile = /are in (.+)$/m.exec(program.stdout)?.[1];
  const key = keyFile ? /fl_live_\w{32}/.exec(await readFile(keyFile, 'utf8'))![0] : '';
  return {
    program,
    url,
    key,
    ask: (method, to, input = {}) => ask(url, method, to, { as: key, ...input }),
    stop() {
      program.kill('SIGTERM');
      return program.exited;
    },
  };
}

/** A data directory for one test, and the built program that uses it. */
export interface Installation {
  readonly dataDir: string;
  /** Starts a server on a free port; resolves when it is ready. */
  start(env?: Record<string, string>): Promise<Server>;
  /** Starts it without waiting. */
  launch(args?: readonly string[], env?: Record<string, string>): Program;
  /** Runs a command to its end. */
  run(args: readonly string[], env?: Record<string, string>): Promise<End>;
  /** The pid of its PostgreSQL, or null. */
  postgres(): Promise<number | null>;
  /** The log of this program and its PostgreSQL so far. */
  postgresLog(): Promise<string>;
  /** Ends all running processes at once and removes the directory. */
  remove(): Promise<void>;
}

/**
 * @param settings for all of its programs; by default webhooks may reach loopback
 * @param isEmpty `start` makes the database; otherwise it finds an empty one
 */
export async function makeInstallation(
  settings: Record<string, string> = {},
  { isEmpty = settings['DATABASE_URL'] !== undefined } = {},
): Promise<Installation> {
  const home = await temporaryDirectory('product');
  const dataDir = path.join(home, 'data');
  const pgData = path.join(dataDir, 'postgres');
  const programs: Program[] = [];

  function launch(args: readonly string[] = [], env: Record<string, string> = {}): Program {
    const program = startProgram(process.execPath, [MAIN, ...args], {
      env: {
        PORT: '0',
        FAIRLEAD_DATA_DIR: dataDir,
        FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8',
        ...settings,
        ...env,
      },
      cwd: home,
    });
    programs.push(program);
    return program;
  }

  async function postgres(): Promise<number | null> {
    const found = await readPostmasterFile(pgData);
    return found && (await isPostmasterOf(found.pid, pgData)) ? found.pid : null;
  }

  return {
    dataDir,
    launch,
    async start(env) {
      if (!isEmpty && !existsSync(pgData)) await addPreparedStore(dataDir);
      return untilReady(launch([], env));
    },
    run: (args, env) => launch(args, env).exited,
    postgres,
    postgresLog: () => readFile(path.join(dataDir, 'postgres.log'), 'utf8'),
    async remove() {
      for (const program of programs) program.kill('SIGKILL');
      await Promise.all(programs.map(({ exited }) => exited));
      const orphan = await postgres();
      if (orphan !== null) process.kill(orphan, 'SIGQUIT');
      await until(async () => (await postgres()) === null);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** As root, PostgreSQL runs as another user, who has to pass through. */
export async function temporaryDirectory(name: string): Promise<string> {
  const dir = await realpath(await mkdtemp(path.join(tmpdir(), `fairlead-${name}-`)));
  await chmod(dir, 0o711);
  return dir;
}

/** Polls until the condition holds; the limit is for busy machines. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${holds.toString()}`);
    await sleep(20);
  }
}
