import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';

const threadShape = z
  .object({
    id: z.uuid().meta({ description: 'See `GET /emails?thread_id=`.' }),
    subject: z.string().nullable().meta({ description: 'Of its latest email; null if that is private.' }),
    email_count: z.int(),
    last_at: z.iso.datetime(),
    visibility: z.enum(['team', 'private']),
    last_email_id: z.uuid().nullable(),
    contact_id: z.uuid().nullable().meta({ description: 'Of its latest email.' }),
    unread: z.int().meta({ description: 'Emails that were received and not read.' }),
  })
  .meta({ id: 'EmailThread' });

interface Row {
  id: Uuid;
  subject: string | null;
  email_count: number;
  last_at: string;
  visibility: 'team' | 'private';
  last_email_id: Uuid | null;
  contact_id: Uuid | null;
  unread: number;
}

const listQuery = pageQuery.extend({
  unread: z
    .enum(['true'], 'must be true')
    .optional()
    .meta({ description: 'Only threads with an unread email.' }),
});

const LIST = {
  name: 'email_thread.list',
  text: `
select t.id, e.subject, t.email_count, t.last_at, t.visibility, e.id as last_email_id, e.contact_id,
  (select count(*)::int from email u
   where u.workspace_id = t.workspace_id and u.thread_id = t.id::text and u.unread and u.deleted_at is null) as unread
from email_thread t
left join lateral (
  select e.id, e.subject, e.contact_id from email e
  where e.workspace_id = t.workspace_id and e.thread_id = t.id::text and e.deleted_at is null order by e.id desc limit 1
) e on true
where t.workspace_id = $1 and (t.visibility = 'team' or t.user_id = $2)
  and ($4::timestamptz is null or (t.last_at, t.id) < ($4::timestamptz, $5::uuid))
  and (not $6::boolean or exists (select from email u
    where u.workspace_id = t.workspace_id and u.thread_id = t.id::text and u.unread and u.deleted_at is null))
order by t.last_at desc, t.id desc limit $3`,
};

/** Mails that answer each other. */
export function emailThreadRoutes({ db }: { db: Database }): Route[] {
  return [
    route<undefined, z.output<typeof listQuery>>({
      method: 'GET',
      path: '/api/v1/email-threads',
      scope: 'emails:read',
      tag: 'emails',
      summary: 'List threads of emails',
      description: 'The latest first; private ones only to their member.',
      query: listQuery,
      answers: { 200: pageShape(threadShape) },
      async handle({ caller, query, url }) {
        const after = query.cursor ? decodeCursor(query.cursor, 'email-threads') : null;
        const rows = await db.read<Row>(LIST, [
          caller.workspaceId,
          caller.makerId,
          query.limit + 1,
          after?.value ?? null,
          after?.id ?? null,
          query.unread === 'true',
        ]);
        const cursorOf = ({ id, last_at: value }: Row) => encodeCursor({ sort: 'email-threads', value, id });
        return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
      },
    }),
  ];
}
