import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { ConnectionEvent, ConnectionEvents, PayloadView } from '../../connections/connection-event.ts';
import { OUTCOMES } from '../../connections/connection-kind.ts';
import type { Connections } from '../../connections/connection-store.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { PATH } from './connection-schema.ts';

const shape = z
  .object({
    id: z.uuid(),
    outcome: z.enum(OUTCOMES).meta({
      description:
        '`accepted`: a record was created or changed. `ignored`: nothing to do. `duplicate`: accepted before. `refused`: see `reason`.',
    }),
    type: z.string().nullable().meta({ description: 'What the other system calls the event.' }),
    external_id: z.string().nullable().meta({ description: 'The id of the event in the other system.' }),
    reason: z.string().nullable(),
    payload: z.unknown().meta({
      description:
        'The whole body, as sent; of several unverified requests the newest. Callers without `connections:manage` see `[secret]` in place of the secrets of the connection, and no unverified body. Null if there was no body, or if it is not kept.',
    }),
    record: z
      .object({ type: z.string(), id: z.uuid(), url: z.string().nullable() })
      .nullable()
      .meta({ description: 'The record that it became.' }),
    received_at: z.iso.datetime(),
    count: z.int().meta({
      description: 'More than 1 for requests that could not be verified: those of an hour are one entry.',
    }),
    last_received_at: z.iso.datetime(),
  })
  .meta({ id: 'ConnectionEvent' });

const detailShape = shape
  .extend({
    unverified: z
      .array(z.object({ id: z.uuid(), received_at: z.iso.datetime(), payload: z.unknown() }))
      .meta({
        description:
          'The unverified requests of this entry whose bodies are kept, newest first: per connection the newest 50, and at most 1 MiB. Empty for callers without `connections:manage`.',
      }),
  })
  .meta({ id: 'ConnectionEventDetail' });

const query = z.strictObject({
  ...pageQuery.shape,
  outcome: z.enum(OUTCOMES).optional(),
  payload: z.stringbool().default(true).meta({ description: '`false`: without bodies; `payload` is null.' }),
});

interface ConnectionEventParts {
  connections: Pick<Connections, 'get'>;
  connectionEvents: Pick<ConnectionEvents, 'list' | 'get'>;
  /** The page of a record in the dashboard; null if it has none. */
  recordUrl(type: string, id: string): string | null;
}

const common = { scope: 'connections:read', tag: 'connections', method: 'GET' } as const;

/** The log of what a connection received. */
export function connectionEventRoutes({
  connections,
  connectionEvents,
  recordUrl,
}: ConnectionEventParts): Route[] {
  function show({ record_type: type, record_id: id, ...event }: ConnectionEvent) {
    const record = type !== null && id !== null ? { type, id, url: recordUrl(type, id) } : null;
    return { ...event, record };
  }

  return [
    route<undefined, z.output<typeof query>>({
      ...common,
      path: `${PATH}/:id/events`,
      summary: 'List what a connection received',
      description:
        'Newest first, kept for 30 days. A page ends early when its bodies reach 4 MiB: `has_more` is true then.',
      query,
      answers: { 200: pageShape(shape) },
      async handle({ caller, params, query: requested, url }) {
        const connection = await connections.get(caller.workspaceId, params['id']!);
        const { outcome, limit, cursor, payload } = requested;
        const after = cursor ? decodeCursor(cursor, 'connection-events').id : null;
        const page = { outcome, limit, after, view: payload ? viewOf(caller) : 'none' } as const;
        const { rows, shown } = await connectionEvents.list(connection, page);
        const cursorOf = (row: ConnectionEvent) =>
          encodeCursor({ sort: 'connection-events', value: row.received_at, id: row.id });
        return { status: 200, body: jsonOf(pageOf(rows, shown, url, cursorOf, show)) };
      },
    }),
    route({
      ...common,
      path: `${PATH}/:id/events/:eventId`,
      summary: 'Get an entry of the log of a connection',
      answers: { 200: detailShape },
      async handle({ caller, params }) {
        const connection = await connections.get(caller.workspaceId, params['id']!);
        const found = await connectionEvents.get(connection, params['eventId']!, viewOf(caller));
        return { status: 200, body: jsonOf(show(found)) };
      },
    }),
  ];
}

function viewOf(caller: Caller): PayloadView {
  return caller.may('connections:manage') ? 'exact' : 'masked';
}
