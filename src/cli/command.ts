import type { App } from '../app.ts';
import { ROLES } from '../account/role.ts';
import { ApiError, EXIT, StartError } from '../base/errors.ts';
import type { Config } from '../config.ts';
import type { Store } from '../store.ts';
import { VERSION } from '../version.ts';
import { isWord, readArguments, usage, type Arguments } from './arguments.ts';

const USAGE = `fairlead                     run the server (the same as fairlead start)
fairlead workspace create --name N [--plan P]
fairlead workspace list
fairlead workspace plan <id> <plan>
fairlead key create [--workspace ID] --name N [--scopes a,b] [--style S] [--expires DATE]
                    [--agent WRITES_PER_HOUR [--objects contacts,deals] [--deletes yes|no]]
                             with --agent: the key of an agent, within these limits
fairlead key revoke <id>
fairlead user create --email E --name N [--workspace ID] [--role ${ROLES.join('|')}]
                             print a link to set a password
fairlead user reset --email E
                             print a link to set a new password
fairlead listen --forward-to URL [--events a,b] [--format F] [--url U] [--key-file FILE] [--secret S]
                             forward events to a program on this machine, signed like a webhook; the API key
                             is read from the file, FAIRLEAD_API_KEY, or the first start's
fairlead mcp [--url U] [--key-file FILE]
                             the Model Context Protocol over standard input and output, for AI assistants that
                             start a program; the server and its API key as for listen
fairlead deliver             one pass over all due deliveries, for a cron job
fairlead migrate             bring the database up to date
fairlead doctor              check this installation
fairlead --version           print the version

Exit codes: 0 success, 1 failure, 2 incorrect usage, 3 not found, 4 not allowed, 75 try again later.`;

/** Runs a command with the open store and the whole program. @returns the exit code */
type Work = (app: App) => Promise<number>;

/** Runs a command on the open store. The rest of the program is not loaded, which takes longer than the work. */
interface StoreWork {
  onStore: (store: Store, config: Config) => Promise<number>;
}

interface Command {
  options: readonly string[];
  /** Number of positional arguments. */
  arguments: number;
  /** Checks the arguments before anything is opened. */
  prepare(input: Arguments): Work | StoreWork | Promise<Work | StoreWork>;
}

/** All commands by their words. Each loads its own code, so that a wrong argument is answered at once. */
const COMMANDS: Record<string, Command> = {
  'workspace create': {
    options: ['name', 'plan'],
    arguments: 0,
    prepare: async (input) => (await import('./workspace.ts')).createWorkspace(input),
  },
  'workspace list': {
    options: [],
    arguments: 0,
    prepare: async () => ({ onStore: (await import('./workspace.ts')).listWorkspaces }),
  },
  'workspace plan': {
    options: [],
    arguments: 2,
    prepare: async (input) => (await import('./workspace.ts')).setPlan(input),
  },
  'key create': {
    options: ['workspace', 'name', 'scopes', 'style', 'expires', 'agent', 'objects', 'deletes'],
    arguments: 0,
    prepare: async (input) => (await import('./key.ts')).createKey(input),
  },
  'key revoke': {
    options: [],
    arguments: 1,
    prepare: async (input) => (await import('./key.ts')).revokeKey(input),
  },
  'user create': {
    options: ['email', 'name', 'workspace', 'role'],
    arguments: 0,
    prepare: async (input) => (await import('./user.ts')).createUser(input),
  },
  'user reset': {
    options: ['email'],
    arguments: 0,
    prepare: async (input) => (await import('./user.ts')).resetUser(input),
  },
  deliver: { options: [], arguments: 0, prepare: () => deliverDue },
  // Opening the store has migrated it.
  migrate: {
    options: [],
    arguments: 0,
    prepare: () => ({ onStore: () => done('The database is up to date.') }),
  },
  doctor: {
    options: [],
    arguments: 0,
    prepare: async () => ({ onStore: (await import('./doctor.ts')).doctor }),
  },
};

/**
 * Runs a command; a server may run at the same time.
 * @returns the exit code
 * @throws StartError with its exit code
 */
export async function runCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args[0] === 'help' || asksForHelp(args)) return done(USAGE);
  if (args[0] === '--version') return done(VERSION);
  if (args[0] === 'start')
    throw usage('fairlead start takes no options: settings are read from the environment.');
  if (args[0] === 'listen') return runListen(args.slice(1), env);
  if (args[0] === 'mcp') return runMcp(args.slice(1), env);
  const words = [args.slice(0, 2).join(' '), args[0]!].find((name) => Object.hasOwn(COMMANDS, name));
  if (words === undefined) throw usage(`${commandWords(args)} is not a command.\n${USAGE}`);
  const command = COMMANDS[words]!;
  const input = args.slice(words.split(' ').length);
  const work = await command.prepare(readArguments(words, input, command.options, command.arguments));
  return 'onStore' in work ? withStore(env, work) : withApp(env, work);
}

function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

/** The words that look like a command, without later arguments, which may be a key or a password. */
function commandWords(args: string[]): string {
  const [first = '', second = ''] = args;
  if (!isWord(first)) return 'That';
  const isGroup = Object.keys(COMMANDS).some((name) => name.startsWith(`${first} `));
  return isGroup && isWord(second) && !second.startsWith('-') ? `${first} ${second}` : first;
}

async function runListen(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { listen, LISTEN_OPTIONS } = await import('./listen.ts');
  const { options } = readArguments('listen', args, LISTEN_OPTIONS, 0);
  return runClient(env, (config, signal) => listen(config, options, signal, console.log, console.error));
}

async function runMcp(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { bridgeMcp, MCP_OPTIONS } = await import('./mcp.ts');
  const { options } = readArguments('mcp', args, MCP_OPTIONS, 0);
  const client = { input: process.stdin, write: console.log, warn: console.error };
  return runClient(env, (config, signal) => bridgeMcp(config, options, client, signal));
}

/** Runs a client of a local or remote server: a command that opens no store, and that runs until Ctrl-C. */
async function runClient(
  env: NodeJS.ProcessEnv,
  work: (config: Config, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const [{ readConfig }, { lookUpDataDir }] = await Promise.all([
    import('../config.ts'),
    import('../data-directory.ts'),
  ]);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    return await work(lookUpDataDir(readConfig(env), env), stopped.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

async function withApp(env: NodeJS.ProcessEnv, work: Work): Promise<number> {
  const { config, log, openStoreWhile } = await configured(env);
  const load = () => import('../app.ts');
  const [store, { assemble }] = await openStoreWhile(load, config, log, { attach: true });
  const app = assemble({ config, ...store, log });
  return ended(work(app), async () => {
    await app.close();
    await store.close();
  });
}

async function withStore(env: NodeJS.ProcessEnv, { onStore }: StoreWork): Promise<number> {
  const { config, log, openStore } = await configured(env);
  const store = await openStore(config, log, { attach: true });
  return ended(onStore(store, config), () => store.close());
}

/** The settings, the log of a command, and what opens the store. */
async function configured(env: NodeJS.ProcessEnv) {
  const [{ readConfig }, { settleDataDir }, { makeLog }, { openStore, openStoreWhile }] = await Promise.all([
    import('../config.ts'),
    import('../data-directory.ts'),
    import('../base/log.ts'),
    import('../store.ts'),
  ]);
  const { config } = settleDataDir(readConfig(env), env);
  // Commands print results on standard output; only problems are logged.
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel;
  const log = makeLog(level, { terminal: process.stderr.isTTY });
  return { config, log, openStore, openStoreWhile };
}

/** Closes what a command has opened, however it ends. An API error becomes the message of the command. */
async function ended(working: Promise<number>, close: () => Promise<void>): Promise<number> {
  try {
    return await working;
  } catch (error) {
    throw error instanceof ApiError ? new StartError(error.message, { exit: exitFor(error) }) : error;
  } finally {
    await close();
  }
}

function exitFor({ code, status }: ApiError): number {
  if (code === 'validation_error') return EXIT.usage;
  if (status === 404 || status === 410) return EXIT.notFound;
  if (status === 401 || status === 403) return EXIT.notAllowed;
  return code === 'unavailable' || code === 'rate_limited' ? EXIT.tryAgain : EXIT.failed;
}

async function deliverDue(app: App): Promise<number> {
  const lanes = await app.engine.pass(null);
  await app.jobWorker.pass();
  return done(`webhooks with something due: ${lanes}`);
}

function done(line: string): Promise<number> {
  console.log(line);
  return Promise.resolve(0);
}
