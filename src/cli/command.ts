import { parseArgs } from 'node:util';
import { assemble, SCOPES, type App } from '../app.ts';
import { KEY_STYLES, type KeyStyle } from '../account/api-key.ts';
import { ROLES } from '../account/role.ts';
import { ApiError, StartError } from '../base/errors.ts';
import { canonicalId, isUuid } from '../base/id.ts';
import { makeLog } from '../base/log.ts';
import { readConfig, type Config } from '../config.ts';
import { openStore, type Store } from '../store.ts';
import type { Options } from './workspace.ts';
import { listen, LISTEN_OPTIONS } from './listen.ts';
import { doctor } from './doctor.ts';
import { createUser, resetUser } from './user.ts';
import { workspaceId } from './workspace.ts';

const USAGE = `fairlead                     run the server (the same as fairlead start)
fairlead workspace create --name N [--plan P]
fairlead workspace list
fairlead workspace plan <id> <plan>
fairlead key create [--workspace ID] --name N [--scopes a,b] [--style ${KEY_STYLES.join('|')}] [--expires DATE]
fairlead key revoke <id>
fairlead user create --email E --name N [--workspace ID] [--role ${ROLES.join('|')}]
                             prints a link to choose a password with
fairlead user reset --email E
                             prints a link to choose a new password with
fairlead listen --forward-to URL [--events a,b] [--format F] [--url U] [--key K] [--secret S]
                             brings events to a program on this machine, signed as a webhook's
fairlead deliver             one pass over what is due, for a cron
fairlead migrate             bring the database up to date
fairlead doctor              say what is wrong with this installation, if anything`;

type Command = (app: App, options: Options, rest: string[], store: Store) => Promise<number>;

/** Every command by its words, with the options it takes. */
const COMMANDS: Record<string, { options: readonly string[]; run: Command }> = {
  'workspace create': { options: ['name', 'plan'], run: createWorkspace },
  'workspace list': { options: [], run: listWorkspaces },
  'workspace plan': { options: [], run: setPlan },
  'key create': { options: ['workspace', 'name', 'scopes', 'style', 'expires'], run: createKey },
  'key revoke': { options: [], run: revokeKey },
  'user create': { options: ['email', 'name', 'workspace', 'role'], run: createUser },
  'user reset': { options: ['email'], run: resetUser },
  deliver: { options: [], run: deliverDue },
  // Opening the store has migrated it.
  migrate: { options: [], run: () => done('The database is up to date.') },
  doctor: { options: [], run: (_app, _options, _rest, store) => doctor(store) },
};

/** Runs a command, also while the server runs. @returns the exit code */
export async function runCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args[0] === 'help' || args[0] === '--help') return done(USAGE);
  if (args[0] === 'listen') return runListen(args.slice(1), readConfig(env));
  const words = [args.slice(0, 2).join(' '), args[0]!].find((name) => name in COMMANDS);
  if (words === undefined) throw new StartError(`${args.join(' ')} is not a command.\n${USAGE}`);
  const command = COMMANDS[words]!;
  const { values, positionals } = parse(args.slice(words.split(' ').length), command.options);
  const config = readConfig(env);
  return withApp(config, (app, store) => command.run(app, values, positionals, store));
}

/** A client of a server, here or elsewhere: the one command that opens no store, and that is ended by Ctrl-C. */
function runListen(args: string[], config: Config): Promise<number> {
  const { values } = parse(args, LISTEN_OPTIONS);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  return listen(config, values, stopped.signal, console.log, console.error);
}

function parse(args: string[], options: readonly string[]): { values: Options; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: Object.fromEntries(options.map((name) => [name, { type: 'string' as const }])),
      allowPositionals: true,
    });
    return { values: values, positionals };
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

async function withApp(config: Config, run: (app: App, store: Store) => Promise<number>): Promise<number> {
  // Commands answer on standard output; only what is wrong goes to the log.
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const store = await openStore(config, log, { attach: true });
  const app = assemble({ config, ...store, log });
  try {
    return await run(app, store);
  } catch (error) {
    // A refusal, as the API would put it.
    throw error instanceof ApiError ? new StartError(error.message) : error;
  } finally {
    await app.close();
    await store.close();
  }
}

async function createWorkspace(app: App, { name, plan }: Options): Promise<number> {
  if (name === undefined) throw new StartError('--name is required.');
  const workspace = await app.workspaces.create({ name, ...(plan !== undefined && { plan }) });
  return done(workspace.id);
}

async function listWorkspaces(app: App): Promise<number> {
  for (const { id, name, plan, is_default: isDefault } of await app.workspaces.list()) {
    console.log([id, name, plan, isDefault ? 'default' : ''].join('\t').trimEnd());
  }
  return 0;
}

async function setPlan(app: App, _options: Options, [sent, plan]: string[]): Promise<number> {
  const id = sent && canonicalId(sent);
  if (id === undefined || plan === undefined || !isUuid(id))
    throw new StartError('Name the workspace by its id, and the plan: fairlead workspace plan <id> <plan>.');
  await app.changePlan(id, plan);
  return done(plan);
}

async function createKey(app: App, options: Options): Promise<number> {
  const { name, style = 'fairlead', scopes, expires, workspace } = options;
  if (name === undefined) throw new StartError('--name is required.');
  if (!(KEY_STYLES as string[]).includes(style))
    throw new StartError(`--style must be one of ${KEY_STYLES.join(', ')}.`);
  const key = await app.keys.create({
    workspaceId: await workspaceId(app, workspace),
    name,
    style: style as KeyStyle,
    ...(scopes !== undefined && { scopes: knownScopes(scopes) }),
    ...(expires !== undefined && { expiresAt: futureDate(expires) }),
    createdBy: 'cli',
  });
  console.error(`key ${key.id}`);
  return done(key.raw);
}

async function revokeKey(app: App, _options: Options, [sent]: string[]): Promise<number> {
  const id = sent && canonicalId(sent);
  if (id === undefined || !isUuid(id))
    throw new StartError('Name the key by its id: fairlead key revoke <id>.');
  if (!(await app.keys.revoke(null, id))) throw new StartError(`There is no key ${id}.`);
  return done(`revoked ${id}`);
}

async function deliverDue(app: App): Promise<number> {
  const lanes = await app.engine.pass(null);
  return done(`webhooks with something due: ${lanes}`);
}

function knownScopes(text: string): string[] {
  const scopes = text
    .split(',')
    .map((scope) => scope.trim())
    .filter(Boolean);
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) throw new StartError(`${unknown} is not a scope. Known: ${SCOPES.join(', ')}.`);
  if (scopes.length === 0) throw new StartError('--scopes names no scope.');
  return scopes;
}

function futureDate(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new StartError('--expires must be a date: 2027-01-31, or 2027-01-31T12:00:00Z.');
  if (ms <= Date.now()) throw new StartError('--expires must lie in the future.');
  return new Date(ms).toISOString();
}

function done(line: string): Promise<number> {
  console.log(line);
  return Promise.resolve(0);
}
