import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { plainText } from '../../base/values/text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';

const threadShape = z
  .object({
    number: z.string().meta({ description: 'The number of the other side.' }),
    contact_id: z.uuid().nullable(),
    contact_name: z.string().nullable().meta({ description: 'Null also without the scope `contacts:read`.' }),
    lead_id: z.uuid().nullable(),
    unread: z.int().meta({ description: 'Messages that were received and not read.' }),
    last_message: z.object({
      id: z.uuid(),
      direction: z.enum(['in', 'out']),
      body: z.string().nullable(),
      status: z.string(),
      media_count: z.int(),
      created_at: z.iso.datetime(),
    }),
    opted_out: z.boolean(),
  })
  .meta({ id: 'MessageThread' });

interface Row {
  id: Uuid;
  number: string;
  contact_id: Uuid | null;
  contact_name: string | null;
  lead_id: Uuid | null;
  unread: number;
  direction: 'in' | 'out';
  body: string | null;
  status: string;
  media_count: number;
  created_at: string;
  opted_out: boolean;
}

/** The newest message of each number: found by a walk over the index, one step a thread. */
const LIST = {
  name: 'message.threads',
  text: `
select m.id, m.peer as number, m.contact_id, m.lead_id, m.direction, m.body, m.status, m.media_count, m.created_at,
       (select nullif(concat_ws(' ', c.first_name, c.last_name), '') from contact c
        where c.workspace_id = m.workspace_id and c.id = m.contact_id) as contact_name,
       (select count(*)::int from message u
        where u.workspace_id = m.workspace_id and u.peer = m.peer and u.direction = 'in' and u.deleted_at is null
          and u.id > coalesce((select t.read_id from message_thread t
            where t.workspace_id = m.workspace_id and t.peer = m.peer), '00000000-0000-0000-0000-000000000000'))
         as unread,
       exists (select from consent x where x.workspace_id = m.workspace_id and x.channel = 'sms'
         and x.address = m.peer and x.status = 'opted_out') as opted_out
from message m
where m.workspace_id = $1 and m.deleted_at is null and ($2::uuid is null or m.id < $2)
  and not exists (select from message later
    where later.workspace_id = m.workspace_id and later.peer = m.peer and later.id > m.id and later.deleted_at is null)
order by m.id desc limit $3`,
};
const READ = {
  name: 'message_thread.read',
  text: `insert into message_thread (workspace_id, peer, read_id)
         select $1, $2, id from message where workspace_id = $1 and peer = $2 order by id desc limit 1
         on conflict (workspace_id, peer) do update set read_id = excluded.read_id`,
};

const readBody = z.strictObject({
  number: plainText(100).meta({ description: 'The number of the other side.' }),
});

export interface MessageThreadParts {
  db: Database;
  recordChange: RecordChange;
}

/** Messages by the number of the other side, as a person reads them. */
export function messageThreadRoutes({ db, recordChange }: MessageThreadParts): Route[] {
  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/message-threads',
      scope: 'messages:read',
      tag: 'messages',
      summary: 'List message threads',
      description: 'Messages with the same number are a thread; the one with the newest message comes first.',
      query: pageQuery,
      answers: { 200: pageShape(threadShape) },
      async handle({ caller, query: { limit, cursor }, url }) {
        const after = cursor ? decodeCursor(cursor, 'message-threads').id : null;
        const rows = await db.read<Row>(LIST, [caller.workspaceId, after, limit + 1]);
        const cursorOf = ({ id, created_at: value }: Row) =>
          encodeCursor({ sort: 'message-threads', value, id });
        const isNamed = caller.may('contacts:read');
        const shown = (row: Row) => shownThread(isNamed ? row : { ...row, contact_name: null });
        return { status: 200, body: pageOf(rows, limit, url, cursorOf, shown) };
      },
    }),
    route<z.output<typeof readBody>>({
      method: 'POST',
      path: '/api/v1/message-threads/read',
      scope: 'messages:write',
      tag: 'messages',
      summary: 'Mark a thread as read',
      description: 'For all members: somebody has looked at it.',
      body: readBody,
      answers: { 204: 'Marked.' },
      async handle(ctx) {
        await db.transaction(async (trx) => {
          await query(trx, READ, [ctx.caller.workspaceId, ctx.body.number]);
          await recordChange(trx, ctx, null, { status: 204, body: '' });
        });
        return { status: 204, body: null };
      },
    }),
  ];
}

function shownThread(row: Row) {
  const { number, contact_id, contact_name, lead_id, unread, opted_out, ...last } = row;
  const { id, direction, body, status, media_count, created_at } = last;
  return {
    number,
    contact_id,
    contact_name,
    lead_id,
    unread,
    opted_out,
    last_message: { id, direction, body, status, media_count, created_at },
  };
}
