import type { App } from '../app.ts';
import { KEY_STYLES, SCOPES } from '../catalogue.ts';
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
export function createKey({ options }: Arguments) {
  const name = nameOption(options);
  const [defaultName, ...others] = KEY_STYLES.keys();
  const style = choiceOption(options, 'style', [defaultName!, ...others], defaultName!);
  const { scopes, expires } = options;
  const wanted = {
    name,
    style,
    ...(scopes !== undefined && { scopes: knownScopes(scopes) }),
    ...(expires !== undefined && { expiresAt: futureDate(expires) }),
  };
  const workspace = workspaceOption(options);
  return async (app: App): Promise<number> => {
    const workspaceId = await findWorkspace(app, workspace);
    const key = await app.keys.create({ workspaceId, ...wanted, createdBy: 'cli' });
    console.error(`key ${key.id}`);
    console.log(key.raw);
    return 0;
  };
}

/** `fairlead key revoke`. */
export function revokeKey({ rest: [input] }: Arguments) {
  const id = uuidFrom(input);
  if (id === null)
    throw usage('Name the key by its id, which key create and the dashboard show: fairlead key revoke <id>.');
  return async (app: App): Promise<number> => {
    if (!(await app.keys.revoke(null, id))) throw notFound(`No API key ${id}.`);
    console.log(`revoked ${id}`);
    return 0;
  };
}

function knownScopes(text: string): string[] {
  const scopes = text
    .split(',')
    .map((scope) => scope.trim())
    .filter(Boolean);
  const unknown = scopes.find((scope) => !SCOPES.names.includes(scope));
  if (unknown !== undefined) throw usage(`--scopes: ${unknownValue(unknown, 'a scope', SCOPES.names)}`);
  if (scopes.length === 0)
    throw usage(`--scopes must name at least one scope. Known: ${SCOPES.names.join(', ')}.`);
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
