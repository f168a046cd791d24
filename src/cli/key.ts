import { MAX_WRITES_PER_HOUR, type AgentLimits } from '../account/agent-limits.ts';
import { makeApiKeys } from '../account/api-key.ts';
import { FAIRLEAD_KEY, type KeyStyles } from '../account/key-style.ts';
import type { Scopes } from '../account/scope.ts';
import { systemClock } from '../base/clock.ts';
import { idMaker } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Store } from '../store.ts';
import {
  choiceOption,
  knownWords,
  nameOption,
  notFound,
  unknownValue,
  usage,
  uuidFrom,
  type Arguments,
  type Options,
} from './arguments.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

/** The latest accepted date; later years have five digits in PostgreSQL and ISO 8601. */
const LAST_MS = Date.parse('9999-12-30T00:00:00Z');

/** `fairlead key create`: prints only the key on standard output, its id on standard error. */
export async function createKey({ options }: Arguments) {
  const name = nameOption(options);
  const { scopes, style: wantedStyle, expires, objects } = options;
  // Other styles and the names of scopes are those of all integrations and modules, which take longer to load.
  const catalogue =
    scopes === undefined && wantedStyle === undefined && objects === undefined
      ? null
      : await import('../catalogue.ts');
  const styles = catalogue?.KEY_STYLES ?? new Map([[FAIRLEAD_KEY.name, FAIRLEAD_KEY]]);
  const [defaultName, ...others] = styles.keys();
  const style = choiceOption(options, 'style', [defaultName!, ...others], defaultName!);
  const agent = agentOption(options, catalogue?.SCOPES);
  if (agent && styles.get(style)!.scopes) throw usage('--agent is not possible for a key of this style.');
  const wanted = {
    name,
    style,
    ...(scopes !== undefined && { scopes: knownScopes(scopes, catalogue!.SCOPES.names) }),
    ...(expires !== undefined && { expiresAt: futureDate(expires) }),
    ...(agent && { agent }),
  };
  const workspace = workspaceOption(options);
  const onStore = async (store: Store): Promise<number> => {
    const workspaceId = await findWorkspace(store, workspace);
    const key = await keysOf(store.db, styles).create({ workspaceId, ...wanted, createdBy: 'cli' });
    console.error(`key ${key.id}`);
    console.log(key.raw);
    return 0;
  };
  return { onStore };
}

/** `fairlead key revoke`. */
export function revokeKey({ rest: [input] }: Arguments) {
  const id = uuidFrom(input);
  if (id === null)
    throw usage('Name the key by its id, which key create and the dashboard show: fairlead key revoke <id>.');
  const onStore = async ({ db }: Store): Promise<number> => {
    if (!(await keysOf(db, new Map()).revoke(null, id))) throw notFound(`No API key ${id}.`);
    console.log(`revoked ${id}`);
    return 0;
  };
  return { onStore };
}

/** @param styles those of keys that are created */
function keysOf(db: Database, styles: KeyStyles) {
  return makeApiKeys(db, systemClock, idMaker(systemClock.now), styles);
}

function knownScopes(text: string, names: readonly string[]): string[] {
  const scopes = text
    .split(',')
    .map((scope) => scope.trim())
    .filter(Boolean);
  const unknown = scopes.find((scope) => !names.includes(scope));
  if (unknown !== undefined) throw usage(`--scopes: ${unknownValue(unknown, 'a scope', names)}`);
  if (scopes.length === 0) throw usage(`--scopes must name at least one scope. ${knownWords(names)}`);
  return [...new Set(scopes)];
}

/** The limits of an agent's key; undefined for another key. */
function agentOption(options: Options, scopes: Scopes | undefined): AgentLimits | undefined {
  const { agent, objects, deletes } = options;
  if (agent === undefined) {
    if (objects !== undefined || deletes !== undefined)
      throw usage('--objects and --deletes are limits of an agent: add --agent 100.');
    return undefined;
  }
  const limit = Number(agent);
  if (!/^\d+$/.test(agent) || limit < 1 || limit > MAX_WRITES_PER_HOUR)
    throw usage(`--agent must be the writes an hour, 1 to ${MAX_WRITES_PER_HOUR}.`);
  return {
    writes_per_hour: limit,
    deletes: choiceOption(options, 'deletes', ['yes', 'no'], 'no') === 'yes',
    objects: objects === undefined ? null : knownObjects(objects, scopes!),
  };
}

function knownObjects(text: string, { list }: Scopes): string[] {
  const known = [...new Set(list.flatMap(({ action, group }) => (action ? [group!.name] : [])))];
  const objects = text
    .split(',')
    .map((object) => object.trim())
    .filter(Boolean);
  const unknown = objects.find((object) => !known.includes(object));
  if (unknown !== undefined) throw usage(`--objects: ${unknownValue(unknown, 'an object', known)}`);
  if (objects.length === 0)
    throw usage(`--objects must name at least one object. Known: ${known.join(', ')}.`);
  return [...new Set(objects)];
}

const DATE = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

function futureDate(text: string): string {
  const day = DATE.exec(text)?.[1];
  const ms = day !== undefined && isDay(day) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || ms > LAST_MS)
    throw usage('--expires must be a date: 2027-01-31, or 2027-01-31T12:00:00Z.');
  if (ms <= Date.now()) throw usage('--expires must be in the future.');
  return new Date(ms).toISOString();
}

/** JavaScript parses the 31st of February as a day in March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
