import { z } from 'zod';
import type { Authorities } from '../../account/authority.ts';
import { checkConnectionSecrets } from '../../account/key-lineage.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { ConnectionEvents } from '../../connections/connection-event.ts';
import type { ConnectionKind, ConnectionKinds } from '../../connections/connection-kind.ts';
import type { ConnectionChange, Connections } from '../../connections/connection-store.ts';
import type { Connection, OpenConnection } from '../../connections/connection.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { urlProblem, type Guard } from '../../net/egress-guard.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import { connectionEventApplyRoute, type ConnectionEventApplyParts } from './connection-event-apply-route.ts';
import { connectionEventRoutes } from './connection-event-routes.ts';
import { connectionKindRoute } from './connection-kind-routes.ts';
import { checkPersonalConnection } from './personal-connection.ts';
import {
  connectionShape,
  createBody,
  generatedSecrets,
  IGNORED,
  mergeValues,
  parseSecret,
  parseValues,
  PATH,
  secretName,
  showConnection,
  updateBody,
  type CreateBody,
  type UpdateBody,
} from './connection-schema.ts';

export interface ConnectionParts extends Pick<ConnectionEventApplyParts, 'servicesOf'> {
  db: Database;
  connections: Connections;
  connectionEvents: ConnectionEvents;
  kinds: ConnectionKinds;
  authorities: Authorities;
  recordChange: RecordChange;
  clock: Clock;
  guard: Guard;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** The page of a record in the dashboard; null if it has none. */
  recordUrl(type: string, id: string): string | null;
}

const OVERLAP_S = 24 * 3600;

const rotateBody = z
  .strictObject({
    name: z.string().max(100).optional().meta({
      description: 'The name of the secret; not needed if the kind has only one.',
    }),
    secret: z.string().optional().meta({
      description: 'Your own new secret; generated if missing, where the kind allows it.',
    }),
    overlap_s: z
      .int()
      .min(0)
      .max(7 * 24 * 3600)
      .default(OVERLAP_S)
      .meta({ description: 'How long the old secret is accepted too.' }),
  })
  .prefault({});

const common = { scope: 'connections:manage', tag: 'connections' } as const;
const reading = { ...common, scope: 'connections:read' } as const;

/** Connections to other systems (docs/requirements.md, section 11). */
export function connectionRoutes(parts: ConnectionParts): Route[] {
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
    testRoute(parts),
    rotateRoute(parts),
    ...connectionEventRoutes(parts),
    connectionEventApplyRoute(parts),
    connectionKindRoute(parts),
  ];
}

function listRoute(parts: ConnectionParts): Route {
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List connections',
    query: pageQuery,
    answers: { 200: pageShape(connectionShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'connections').id : null;
      const rows = await parts.connections.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: Connection) =>
        encodeCursor({ sort: 'connections', value: row.createdAt, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => shown(parts, row)) };
    },
  });
}

function createRoute(parts: ConnectionParts): Route {
  const { connections, kinds, recordChange } = parts;
  return route<CreateBody>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a connection',
    description:
      'Secrets that are left out are generated where the kind allows it, and shown only in this response. A key also needs the scopes of what the other system may do, such as `leads:create`, and must not expire.',
    body: createBody,
    ignored: IGNORED,
    answers: { 201: connectionShape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const kind = kinds.get(body.kind);
      if (!kind) throw invalid('kind', `must be one of ${[...kinds.keys()].join(', ')}`);
      await checkMaySetSecrets(parts, ctx, kind);
      const generated = generatedSecrets(kind, body.secrets);
      const values = parseValues(kind, {
        settings: body.settings,
        secrets: { ...body.secrets, ...generated },
      });
      checkBaseUrl(values.settings!, parts.guard);
      const input = {
        kind: kind.name,
        name: body.name,
        settings: values.settings!,
        secrets: values.secrets!,
      };
      let text = '';
      const made = await connections.create(caller, input, async (trx, connection) => {
        text = JSON.stringify(shown(parts, connection, generated));
        await recordChange(trx, ctx, auditEntry('created', connection), { status: 201, body: text });
      });
      return { status: 201, body: text, headers: { location: `${PATH}/${made.id}` } };
    },
  });
}

function getRoute(parts: ConnectionParts): Route {
  return route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get a connection',
    answers: { 200: connectionShape },
    async handle({ caller, params }) {
      const connection = await parts.connections.get(caller.workspaceId, params['id']!);
      return { status: 200, body: shown(parts, connection) };
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: ConnectionParts): Route {
  const { connections, recordChange } = parts;
  return route<UpdateBody>({
    ...common,
    method,
    path: `${PATH}/:id`,
    summary: 'Update a connection',
    description: '`active: false` disables it: all its requests are refused.',
    body: updateBody,
    ignored: IGNORED,
    answers: { 200: connectionShape },
    async handle(ctx) {
      const { body, caller, params } = ctx;
      const { kind: sent } = await connections.get(caller.workspaceId, params['id']!);
      const kind = kindOf(parts, sent);
      if (body.kind !== undefined && body.kind !== kind.name) throw invalid('kind', 'cannot be changed');
      // Enabling it, or setting a secret, lets the other system act.
      if (body.secrets !== undefined || body.active === true) await checkMaySetSecrets(parts, ctx, kind);
      let text = '';
      await connections.update(
        caller.workspaceId,
        params['id']!,
        (current) => {
          checkPersonalConnection(kind, body, current, caller.makerId);
          return changeOf(kind, body, current, parts.guard);
        },
        async (trx, connection) => {
          text = JSON.stringify(shown(parts, connection));
          const details = { changed: Object.keys(body).filter((name) => name !== 'kind') };
          await recordChange(trx, ctx, auditEntry('updated', connection, details), {
            status: 200,
            body: text,
          });
        },
      );
      return { status: 200, body: text };
    },
  });
}

function changeOf(
  kind: ConnectionKind,
  body: UpdateBody,
  current: OpenConnection,
  guard: Guard,
): ConnectionChange {
  const values = parseValues(kind, {
    ...(body.settings && { settings: mergeValues(current.settings, body.settings) }),
    ...(body.secrets && { secrets: mergeValues(current.secrets[0] ?? {}, body.secrets) }),
  });
  if (values.settings) checkBaseUrl(values.settings, guard);
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.active !== undefined && { active: body.active }),
    ...values,
  };
}

function deleteRoute({ connections, recordChange }: ConnectionParts): Route {
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a connection',
    description: 'Deletes its secrets and its log; its URLs stop working. The records it made stay.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await connections.remove(ctx.caller.workspaceId, ctx.params['id']!, (trx, connection) =>
        recordChange(trx, ctx, auditEntry('deleted', connection), { status: 204, body: '' }),
      );
      return { status: 204, body: null };
    },
  });
}

function testRoute(parts: ConnectionParts): Route {
  const { db, connections, recordChange } = parts;
  return route({
    ...common,
    method: 'POST',
    path: `${PATH}/:id/test`,
    summary: 'Test a connection',
    description:
      'Checks it without changing anything in either system. 409 if the kind has no test: see `has_test` of `GET /connection-kinds`.',
    answers: { 200: z.object({ ok: z.boolean(), message: z.string() }).meta({ id: 'ConnectionTest' }) },
    async handle(ctx) {
      const connection = await connections.open(ctx.caller.workspaceId, ctx.params['id']!);
      const { test } = kindOf(parts, connection.kind);
      if (!test) throw new ApiError('conflict', 'Connections of this kind have no test.');
      const { settings, secrets } = connection;
      const result = await test({ settings, secrets: secrets[0] ?? {} }, parts.servicesOf(connection.kind));
      const text = JSON.stringify(result);
      await db.transaction((trx) =>
        recordChange(trx, ctx, auditEntry('tested', connection, { ok: result.ok }), {
          status: 200,
          body: text,
        }),
      );
      return { status: 200, body: text };
    },
  });
}

function rotateRoute(parts: ConnectionParts): Route {
  const { connections, recordChange, clock } = parts;
  return route<z.output<typeof rotateBody>>({
    ...common,
    method: 'POST',
    path: `${PATH}/:id/rotate-secret`,
    summary: 'Rotate a secret of a connection',
    description:
      'A generated secret is shown only in this response. The old one is accepted for `overlap_s` more, so that the other system can be changed meanwhile.',
    body: rotateBody,
    answers: { 200: connectionShape },
    async handle(ctx) {
      const { body, caller, params } = ctx;
      const found = await connections.get(caller.workspaceId, params['id']!);
      const kind = kindOf(parts, found.kind);
      const name = secretName(kind, body.name);
      const generate = kind.generate[name];
      if (body.secret === undefined && !generate) throw invalid('secret', 'is required');
      await checkMaySetSecrets(parts, ctx, kind);
      const secret = parseSecret(kind, name, body.secret ?? generate!());
      const { overlap_s: overlapS } = body;
      const oldSecretsUntil = overlapS > 0 ? isoTime(clock.now() + overlapS * 1000) : null;
      let text = '';
      await connections.update(
        caller.workspaceId,
        found.id,
        (current) => ({
          secrets: { ...current.secrets[0], [name]: secret },
          oldSecretsUntil: current.secrets.length > 0 ? oldSecretsUntil : null,
        }),
        async (trx, connection) => {
          text = JSON.stringify(
            shown(parts, connection, body.secret === undefined ? { [name]: secret } : {}),
          );
          const details = { secret: name, overlap_s: overlapS };
          await recordChange(trx, ctx, auditEntry('secret_rotated', connection, details), {
            status: 200,
            body: text,
          });
        },
      );
      return { status: 200, body: text };
    },
  });
}

/** Requests to it pass the egress guard again, which checks what its name resolves to. */
function checkBaseUrl({ base_url: url }: { base_url?: unknown }, guard: Guard): void {
  const problem = typeof url === 'string' ? urlProblem(url, guard) : null;
  if (problem !== null) throw invalid('settings.base_url', problem);
}

/** A sender that knows the secrets can do what `scopes` of the kind allow: nobody gives more than they have. */
async function checkMaySetSecrets(
  { db, authorities }: ConnectionParts,
  { caller }: Ctx<unknown, unknown>,
  { scopes }: ConnectionKind,
): Promise<void> {
  checkConnectionSecrets(await authorities.current(db.pool, caller), scopes);
}

/** Throws `conflict` for a kind that this version does not have. */
function kindOf({ kinds }: ConnectionParts, name: string): ConnectionKind {
  const kind = kinds.get(name);
  if (!kind) throw new ApiError('conflict', `This version has no connections of the kind ${name}.`);
  return kind;
}

function shown({ kinds, baseUrl }: ConnectionParts, connection: Connection, generated = {}) {
  return showConnection(connection, kinds.get(connection.kind), baseUrl(), generated);
}

function auditEntry(done: string, { id, kind, name, active }: Connection, more: object = {}) {
  return {
    action: `connection.${done}`,
    objectType: 'connection',
    objectId: id,
    details: { kind, name, active, ...more },
  };
}
