import { makeApiKeys } from '../account/api-key.ts';
import { FAIRLEAD_KEY, type KeyStyles } from '../account/key-style.ts';
import { systemClock } from '../base/clock.ts';
import { idMaker } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Store } from '../store.ts';
import {
  choiceOption,
  nameOption,
  notFound,
  unknownValue,
  usage,
  uuidFrom,
  type Arguments,
} from './arguments.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

/** The latest accepted date; later years have five digits in PostgreSQL and ISO 8601. */
const LAST_MS = Date.parse('9999-12-30T00:00:00Z');

/** `fairlead key create`: prints only the key on standard output, its id on standard error. */
export async function createKey({ options }: Arguments) {
  const name = nameOption(options);
  const { scopes, style: wantedStyle, expires } = options;
  // Other styles and the names of scopes are those of all integrations and modules, which take longer to load.
  const catalogue =
    scopes === undefined && wantedStyle === undefined ? null : await import('../catalogue.ts');
  const styles = catalogue?.KEY_STYLES ?? new Map([[FAIRLEAD_KEY.name, FAIRLEAD_KEY]]);
  const [defaultName, ...others] = styles.keys();
  const style = choiceOption(options, 'style', [defaultName!, ...others], defaultName!);
  const wanted = {
    name,
    style,
    ...(scopes !== undefined && { scopes: knownScopes(scopes, catalogue!.SCOPES.names) }),
    ...(expires !== undefined && { expiresAt: futureDate(expires) }),
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
  if (scopes.length === 0) throw usage(`--scopes must name at least one scope. Known: ${names.join(', ')}.`);
  return [...new Set(scopes)];
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
