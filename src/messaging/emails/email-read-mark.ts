import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';

export interface ReadMarkParts {
  db: Database;
  recordChange: RecordChange;
}

/** SQL: what the caller may read; `$2` is their member. */
const MINE = `e.workspace_id = $1 and e.deleted_at is null and (e.visibility = 'team' or e.user_id = $2)`;
const marked = (condition: string, unread: boolean) => `
with found as (
  select e.workspace_id, e.id, e.direction, e.unread from email e where ${MINE} and ${condition}
),
marked as (
  update email e set unread = ${unread}, version = e.version + 1, updated_at = now() from found f
  where e.workspace_id = f.workspace_id and e.id = f.id and f.direction = 'in' and f.unread <> ${unread}
)
select count(*)::int as found, count(*) filter (where direction = 'in')::int as received from found`;

/** Of a thread, the last received mail becomes unread: the thread is to be read again, not its history. */
const LAST_RECEIVED = `e.id = (
  select l.id from email l
  where l.workspace_id = $1 and l.thread_id = $3 and l.direction = 'in' and l.deleted_at is null
    and (l.visibility = 'team' or l.user_id = $2)
  order by l.id desc limit 1)`;

const STATEMENTS = {
  email: {
    read: { name: 'email.mark-read', text: marked('e.id = $3', false) },
    unread: { name: 'email.mark-unread', text: marked('e.id = $3', true) },
  },
  thread: {
    read: { name: 'email.mark-thread-read', text: marked('e.thread_id = $3', false) },
    unread: { name: 'email.mark-thread-unread', text: marked(LAST_RECEIVED, true) },
  },
};

const COUNT = {
  name: 'email.count-unread',
  text: `select count(distinct e.thread_id)::int as threads, count(*)::int as emails
         from (select e.thread_id from email e where ${MINE} and e.unread limit 1000) e`,
};

const countShape = z
  .object({
    threads: z.int().meta({ description: 'Threads with an unread email.' }),
    emails: z.int().meta({ description: 'Unread emails; at most 1,000 are counted.' }),
  })
  .meta({ id: 'UnreadEmails' });

/**
 * Which received mails nobody has read. As with messages, the mark is that of the team: somebody has looked at it. That of
 * a private mail is its member's.
 */
export function readMarkRoutes(parts: ReadMarkParts): Route[] {
  const forTeam = 'For all members; of a private email, for its member. Fires nothing.';
  return [
    markRoute(parts, 'email', 'read', { summary: 'Mark an email as read', description: forTeam }),
    markRoute(parts, 'email', 'unread', {
      summary: 'Mark an email as unread',
      description: `409 for an email that was not received. ${forTeam}`,
    }),
    markRoute(parts, 'thread', 'read', { summary: 'Mark a thread as read', description: forTeam }),
    markRoute(parts, 'thread', 'unread', {
      summary: 'Mark a thread as unread',
      description: `Its last received email becomes unread; 404 if it has none. ${forTeam}`,
    }),
    route({
      method: 'GET',
      path: '/api/v1/email-threads/unread',
      scope: 'emails:read',
      tag: 'emails',
      summary: 'Count unread emails',
      description: 'Those that you may read.',
      answers: { 200: countShape },
      async handle({ caller: { workspaceId, makerId } }) {
        const [row] = await parts.db.read<z.output<typeof countShape>>(COUNT, [workspaceId, makerId]);
        return { status: 200, body: row! };
      },
    }),
  ];
}

function markRoute(
  { db, recordChange }: ReadMarkParts,
  object: 'email' | 'thread',
  mark: 'read' | 'unread',
  texts: { summary: string; description: string },
): Route {
  return route({
    method: 'POST',
    path: `/api/v1/${object === 'email' ? 'emails' : 'email-threads'}/:id/${mark}`,
    scope: 'emails:write',
    tag: 'emails',
    ...texts,
    answers: { 204: 'Marked.' },
    async handle(ctx) {
      await db.transaction(async (trx) => {
        const [row] = await query<{ found: number; received: number }>(
          trx,
          STATEMENTS[object][mark],
          valuesOf(ctx),
        );
        if (row!.found === 0)
          throw new ApiError('not_found', `There is no ${object} with this id that you may read.`);
        if (mark === 'unread' && row!.received === 0)
          throw new ApiError('conflict', 'Only a received email can be unread.');
        await recordChange(trx, ctx, null, { status: 204, body: '' });
      });
      return { status: 204, body: null };
    },
  });
}

function valuesOf({
  caller,
  params,
}: Pick<Ctx<unknown, unknown>, 'caller' | 'params'>): [Uuid, Uuid | null, string | undefined] {
  return [caller.workspaceId, caller.makerId, params['id']];
}
