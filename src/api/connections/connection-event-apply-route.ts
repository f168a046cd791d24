import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { ConnectionEvents } from '../../connections/connection-event.ts';
import { OUTCOMES, type ConnectionKinds, type InboundRequest } from '../../connections/connection-kind.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { Database } from '../../db/pool.ts';
import { requireScopes } from '../../http/authenticate.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { PATH } from './connection-schema.ts';

export interface ConnectionEventApplyParts {
  db: Database;
  connections: Pick<Connections, 'open'>;
  connectionEvents: Pick<ConnectionEvents, 'get' | 'record'>;
  kinds: ConnectionKinds;
  recordChange: RecordChange;
  /** What the handlers of a kind work with. */
  servicesOf(kind: string): unknown;
}

const answerShape = z.object({
  outcome: z.enum(OUTCOMES),
  reason: z.string().nullable(),
  record: z.object({ type: z.string(), id: z.uuid() }).nullable(),
});

/** Handles an event of the log again, of kinds where that does no harm. */
export function connectionEventApplyRoute({
  db,
  connections,
  connectionEvents,
  kinds,
  recordChange,
  servicesOf,
}: ConnectionEventApplyParts): Route {
  return route({
    method: 'POST',
    path: `${PATH}/:id/events/:eventId/apply`,
    scope: 'connections:manage',
    tag: 'connections',
    summary: 'Apply an event of the log again',
    description:
      'For payment providers: an event that was refused for a reason that no longer holds. One that was applied before is a `duplicate` and changes nothing. The caller also needs the scopes of what the other system may do, such as `payments:write`. 409 for other kinds, and for requests that could not be verified or whose body is no longer kept.',
    answers: { 200: answerShape, 409: 'The event cannot be applied again.' },
    async handle(ctx) {
      const { caller, params } = ctx;
      const connection = await connections.open(caller.workspaceId, params['id']!);
      const kind = kinds.get(connection.kind);
      const [handler] = kind?.inbound ?? [];
      if (!kind?.canRepeat || !handler)
        throw new ApiError('conflict', 'Events of this kind are not applied again.');
      // It writes what the sender may write, as the setting of a secret does.
      requireScopes(caller, kind.scopes);
      const event = await connectionEvents.get(connection, params['eventId']!, 'exact');
      // Only verified requests have the sender's id.
      if (event.external_id === null || event.payload === null)
        throw new ApiError('conflict', 'The request was not verified, or its body is no longer kept.');
      const text = jsonOf(event.payload);
      const { settings, secrets, workspaceId, id } = connection;
      const values = { settings, secrets: secrets[0]!, workspaceId, id };
      const result = await handler.handle(requestOf(text), values, servicesOf(connection.kind));
      const { outcome, reason = null, record = null } = result;
      const { type, external_id: externalId } = event;
      await connectionEvents.record(connection, { outcome, reason, record, type, externalId, body: text });
      const response = { status: 200, body: JSON.stringify({ outcome, reason, record }) };
      const details = { event: event.id, outcome };
      const auditEntry = {
        action: 'connection.event_applied',
        objectType: 'connection',
        objectId: id,
        details,
      };
      await db.transaction((trx) => recordChange(trx, ctx, auditEntry, response));
      return response;
    },
  });
}

function requestOf(text: string): InboundRequest {
  return {
    method: 'POST',
    headers: {},
    url: '',
    rawBody: Buffer.from(text),
    body: JSON.parse(text) as unknown,
    form: null,
    text,
  };
}
