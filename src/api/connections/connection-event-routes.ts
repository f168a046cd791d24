import { z } from 'zod';
import type { ConnectionEvent, ConnectionEvents } from '../../connections/connection-event.ts';
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
    body: z.string().nullable().meta({
      description:
        'The beginning of the body, without secrets; only of verified requests that were refused. Others are stored with their record.',
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

const query = z.strictObject({ ...pageQuery.shape, outcome: z.enum(OUTCOMES).optional() });

/** The log of what a connection received. */
export function connectionEventRoute({
  connections,
  connectionEvents,
  recordUrl,
}: {
  connections: Pick<Connections, 'get'>;
  connectionEvents: Pick<ConnectionEvents, 'list'>;
  recordUrl(type: string, id: string): string | null;
}): Route {
  return route<undefined, z.output<typeof query>>({
    scope: 'connections:read',
    tag: 'connections',
    method: 'GET',
    path: `${PATH}/:id/events`,
    summary: 'List what a connection received',
    description: 'Newest first, kept for 30 days.',
    query,
    answers: { 200: pageShape(shape) },
    async handle({ caller, params, query: requested, url }) {
      const connection = await connections.get(caller.workspaceId, params['id']!);
      const { outcome, limit, cursor } = requested;
      const after = cursor ? decodeCursor(cursor, 'connection-events').id : null;
      const rows = await connectionEvents.list(connection, outcome, limit + 1, after);
      const cursorOf = (row: ConnectionEvent) =>
        encodeCursor({ sort: 'connection-events', value: row.received_at, id: row.id });
      return { status: 200, body: pageOf(rows, limit, url, cursorOf, show) };
    },
  });

  function show({ record_type: type, record_id: id, ...event }: ConnectionEvent) {
    const record = type !== null && id !== null ? { type, id, url: recordUrl(type, id) } : null;
    return { ...event, record };
  }
}
