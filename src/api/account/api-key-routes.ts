import type { z } from 'zod';
import { DEFAULT_LIMITS, type AgentLimits } from '../../account/agent-limits.ts';
import type { ApiKey, ApiKeys } from '../../account/api-key.ts';
import type { Authorities } from '../../account/authority.ts';
import type { Caller } from '../../account/caller.ts';
import { checkKeyChange, checkNewKey } from '../../account/key-lineage.ts';
import type { KeyStyles } from '../../account/key-style.ts';
import type { Scopes } from '../../account/scope.ts';
import type { Usage, UsageMeter } from '../../account/usage.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { createBody, keyShape, updateBody, type CreateKeyBody } from './api-key-schema.ts';

export interface ApiKeyParts {
  db: Database;
  keys: ApiKeys;
  authorities: Authorities;
  usage: UsageMeter;
  recordChange: RecordChange;
  clock: Clock;
  scopes: Scopes;
  styles: KeyStyles;
  /** Objects with their plurals, as in `contact` and `contacts`. */
  plurals: ReadonlyMap<string, string>;
}

interface KeyRouteParts extends ApiKeyParts {
  shape: ReturnType<typeof keyShape>;
}

const PATH = '/api/v1/api-keys';
const DAY_MS = 24 * 3_600_000;
/** A key is `expiring_soon` in its last seven days (AX16). */
const SOON_MS = 7 * DAY_MS;
/** A practical maximum; programs and databases disagree about much later dates. */
const LATEST = Date.parse('2200-01-01T00:00:00Z');

type Expiry = { expires_at?: string | null | undefined; expires_in_days?: number | undefined };

const common = { scope: 'keys:manage', tag: 'api keys' } as const;
const reading = { ...common, scope: 'keys:read' } as const;

/** API key routes: scopes, expiry and usage (AX1, AX15, AX16). */
export function apiKeyRoutes(keyParts: ApiKeyParts): Route[] {
  const parts = { ...keyParts, shape: keyShape(keyParts.styles) };
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    revokeRoute(parts),
  ];
}

function listRoute(parts: KeyRouteParts): Route {
  const { keys } = parts;
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List API keys',
    description:
      'Newest first, including expired and revoked keys. `usage` requires the scope to manage keys.',
    query: pageQuery,
    answers: { 200: pageShape(parts.shape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'api-keys').id : null;
      const rows = await keys.list(caller.workspaceId, query.limit + 1, after);
      const used = await usageOf(parts, caller, rows);
      const cursorOf = (row: ApiKey) => encodeCursor({ sort: 'api-keys', value: row.created_at, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => showKey(parts, row, used.get(row.id))),
      };
    },
  });
}

function createRoute(parts: KeyRouteParts): Route {
  const { db, keys, authorities, recordChange, styles, shape } = parts;
  return route<CreateKeyBody>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create an API key',
    description:
      'The key is shown only in this response. It cannot have more scopes, or expire later, than the key that creates it.',
    body: createBody(styles),
    answers: { 201: shape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const { scopes: fixed } = styles.get(body.style)!;
      const scopes = fixed ?? checkScopes(parts, body.scopes ?? [...caller.scopes]);
      const agent = newLimits(parts, body, fixed !== undefined);
      const by = await authorities.current(db.pool, caller);
      const requested = expiryOf(parts, body);
      const expiresAt = requested === undefined ? by.expiresAt : requested;
      checkNewKey(by, { scopes, expiresAt });
      let made = '';
      await keys.create(
        {
          workspaceId: caller.workspaceId,
          name: body.name,
          style: body.style,
          scopes,
          createdBy: caller.actor,
          makerId: caller.makerId,
          ...(expiresAt && { expiresAt }),
          ...(agent && { agent }),
        },
        async (trx, { key, raw }) => {
          made = JSON.stringify(showKey(parts, key, UNUSED, raw));
          await recordChange(trx, ctx, auditEntry('api_key.created', key), { status: 201, body: made });
        },
      );
      return { status: 201, body: made };
    },
  });
}

function getRoute(parts: KeyRouteParts): Route {
  return route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get an API key',
    description: 'Also a revoked one.',
    answers: { 200: parts.shape },
    async handle(ctx) {
      const key = await findKey(parts, ctx);
      return {
        status: 200,
        body: showKey(parts, key, (await usageOf(parts, ctx.caller, [key])).get(key.id)),
      };
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: KeyRouteParts): Route {
  const { keys, authorities, usage, recordChange, styles } = parts;
  return route<z.output<typeof updateBody>>({
    ...common,
    method,
    path: `${PATH}/:id`,
    summary: 'Update an API key',
    description:
      'Its name, scopes and expiry; effective from its next request. A key cannot change a key with scopes that it lacks, cannot change its own expiry, and cannot set an expiry later than its own.',
    body: updateBody,
    answers: { 200: parts.shape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const current = await findKey(parts, ctx);
      if (current.revoked_at !== null)
        throw new ApiError('conflict', 'This key is revoked and cannot be changed.');
      if (body.scopes !== undefined) checkScopes(parts, body.scopes);
      const { scopes: fixed } = styles.get(current.style) ?? {};
      if (body.scopes !== undefined && fixed)
        throw invalid('scopes', `are always ${fixed.join(', ')} for a key of this style`);
      if (body.budget !== undefined && (body.budget === null) !== (current.agent === null))
        throw invalid('budget', 'cannot be added to a key or removed from it; create another key');
      const expiresAt = expiryOf(parts, body, current.expires_at);
      if (expiresAt !== undefined && current.app)
        throw invalid('expires_at', 'of an authorised app follows its use; revoke the key to end its access');
      const used = (await usage.find(current.workspace_id, [current.id])).get(current.id)!;
      let text: string | undefined;
      const change = {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.scopes !== undefined && { scopes: body.scopes }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(body.budget && { agent: limitsOf(parts, body.budget) }),
      };
      const isSelf = caller.via.kind === 'api_key' && caller.via.id === current.id;
      await keys.update(current.workspace_id, current.id, change, {
        async check(trx, key) {
          checkKeyChange(parts.scopes, await authorities.current(trx, caller), isSelf, key, change);
        },
        async afterWrite(trx, key) {
          text = JSON.stringify(showKey(parts, key, used));
          await recordChange(trx, ctx, auditEntry('api_key.updated', key), { status: 200, body: text });
        },
      });
      if (text === undefined) throw new ApiError('conflict', 'This key is revoked and cannot be changed.');
      return { status: 200, body: text };
    },
  });
}

function revokeRoute(parts: ApiKeyParts): Route {
  const { keys, recordChange } = parts;
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Revoke an API key',
    description:
      'It is refused from its next request, and stays listed. A key with `keys:manage` may revoke any other.',
    answers: { 204: 'Revoked.' },
    async handle(ctx) {
      const { id, workspace_id: workspaceId } = await findKey(parts, ctx);
      await keys.revoke(workspaceId, id, (trx, key) =>
        recordChange(trx, ctx, auditEntry('api_key.revoked', key), { status: 204, body: '' }),
      );
      return { status: 204, body: null };
    },
  });
}

async function findKey({ keys }: ApiKeyParts, { caller, params }: Ctx<unknown, unknown>): Promise<ApiKey> {
  const key = await keys.get(caller.workspaceId, params['id']!);
  if (!key) throw new ApiError('not_found', 'No API key with this id.');
  return key;
}

function checkScopes(parts: ApiKeyParts, scopes: string[]): string[] {
  scopes.forEach((scope, at) => {
    if (!parts.scopes.names.includes(scope))
      throw invalid(`scopes.${at}`, `is not a scope; must be one of ${parts.scopes.names.join(', ')}`);
  });
  return [...new Set(scopes)];
}

/** The limits of a new key; undefined if it is not an agent's. */
function newLimits(
  parts: ApiKeyParts,
  { kind, budget }: CreateKeyBody,
  hasFixedScopes: boolean,
): AgentLimits | undefined {
  if (kind === 'agent' && hasFixedScopes) throw invalid('kind', 'cannot be agent for a key of this style');
  if (kind !== 'agent' && budget) throw invalid('budget', 'is only for a key of the kind agent');
  return kind === 'agent' ? limitsOf(parts, budget ?? DEFAULT_LIMITS) : undefined;
}

/** The limits of a budget, with the plurals of its objects. Throws for an object that does not exist. */
function limitsOf({ scopes, plurals }: ApiKeyParts, budget: AgentLimits): AgentLimits {
  if (budget.objects === null) return budget;
  const known = new Set(scopes.list.flatMap(({ action, group }) => (action ? [group!.name] : [])));
  const objects = budget.objects.map((sent, at) => {
    const object = plurals.get(sent) ?? sent;
    if (known.has(object)) return object;
    throw invalid(`budget.objects.${at}`, `is not an object; must be one of ${[...known].join(', ')}`);
  });
  return { ...budget, objects: [...new Set(objects)] };
}

/** @returns undefined if the expiry is missing or unchanged */
function expiryOf(
  { clock }: ApiKeyParts,
  { expires_at: at, expires_in_days: days }: Expiry,
  current?: string | null,
) {
  if (days !== undefined) {
    if (at !== undefined && at !== current)
      throw invalid('expires_in_days', 'cannot be combined with expires_at');
    return isoTime(clock.now() + days * DAY_MS);
  }
  if (at === undefined || at === null) return at;
  const time = isoTime(Date.parse(at));
  // An unchanged value is accepted, even if it has passed.
  if (time === current) return undefined;
  if (Date.parse(at) <= clock.now()) throw invalid('expires_at', 'must be in the future');
  if (Date.parse(at) > LATEST) throw invalid('expires_at', 'must be before the year 2200');
  return time;
}

/** The usage of keys, for callers who may see it (AX15: owners and admins). */
async function usageOf(
  { usage }: ApiKeyParts,
  caller: Caller,
  rows: readonly ApiKey[],
): Promise<Map<string, Usage>> {
  if (!caller.may('keys:manage')) return new Map();
  return usage.find(
    caller.workspaceId,
    rows.map(({ id }) => id),
  );
}

function showKey({ clock }: ApiKeyParts, key: ApiKey, used: Usage | undefined, raw?: string) {
  const left = key.expires_at === null ? Infinity : Date.parse(key.expires_at) - clock.now();
  return {
    id: key.id,
    name: key.name,
    style: key.style,
    prefix: key.prefix,
    scopes: key.scopes,
    kind: key.agent ? 'agent' : 'integration',
    budget: key.agent,
    app: key.app,
    state: key.revoked_at !== null ? 'revoked' : left <= 0 ? 'expired' : 'active',
    expiring_soon: key.revoked_at === null && left > 0 && left <= SOON_MS,
    created_by: key.created_by,
    maker: key.maker,
    created_at: key.created_at,
    expires_at: key.expires_at,
    revoked_at: key.revoked_at,
    ...(used && { last_used_at: key.last_used_at, usage: used }),
    ...(raw !== undefined && { key: raw }),
  };
}

const NOTHING = { requests: 0, server_errors: 0, rate_limited: 0 };
const UNUSED: Usage = { last_24_hours: NOTHING, last_7_days: NOTHING };

function auditEntry(action: string, { id, name: called, prefix, scopes, expires_at: until, agent }: ApiKey) {
  const details = {
    name: called,
    prefix,
    scopes,
    expires_at: until,
    ...(agent && { kind: 'agent', budget: agent }),
  };
  return { action, objectType: 'api_key', objectId: id, details };
}
