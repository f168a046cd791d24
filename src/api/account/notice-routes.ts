import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import type { Notice, Notices, Reader } from '../../account/notice.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { prefixed } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { WEBHOOK_DISABLED, type Owners } from '../../delivery/endpoint/webhook-disabled-event.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';

const PATH = '/api/v1/notices';

const noticeShape = z
  .object({
    id: z.uuid(),
    type: z.string().meta({
      description:
        'What happened: `webhook.disabled`, `note.mentioned`, `email.account_paused`, `email.blocked` or `appointment.host_left`.',
    }),
    object_type: z.string(),
    object_id: z.string(),
    details: z.record(z.string(), z.unknown()).meta({
      description:
        'Details; for a webhook its name, format, reason and failures; for a mention its `actor`, and the `record_type` and `record_id` that the note is on; for a host who left the `name`, the number of `appointments` ahead, and the titles of `pages` without another host.',
    }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Notice' });

export interface NoticeParts {
  db: Database;
  notices: Notices;
  recordChange: RecordChange;
  clock: Clock;
}

/** Routes of notices, per user: for signed-in users. */
export function noticeRoutes({ db, notices, recordChange, clock }: NoticeParts): Route[] {
  const common = { scope: null, tag: 'notices' } as const;

  const list = route<undefined, PageQuery>({
    ...common,
    method: 'GET',
    path: PATH,
    summary: 'List your notices',
    description:
      'Notices to you, such as mentions, and those for owners and admins; newest first, until dismissed or resolved. For signed-in users.',
    query: pageQuery,
    answers: { 200: pageShape(noticeShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'notices').id : null;
      const rows = await notices.list(readerOf(caller), query.limit + 1, after);
      const cursorOf = (row: Notice) => encodeCursor({ sort: 'notices', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, show) };
    },
  });

  const dismiss = route({
    ...common,
    method: 'POST',
    path: `${PATH}/:id/dismiss`,
    summary: 'Dismiss a notice',
    description: 'For yourself; other users still see it.',
    answers: { 204: 'Dismissed.' },
    async handle(ctx) {
      const { caller, params } = ctx;
      await db.transaction(async (trx) => {
        if (!(await notices.dismiss(trx, readerOf(caller), params['id']!, isoTime(clock.now()))))
          throw new ApiError('not_found', 'No notice with this id.');
        await recordChange(trx, ctx, null, { status: 204, body: '' });
      });
      return { status: 204, body: null };
    },
  });

  return [list, dismiss];
}

/** Creates a notice for a disabled webhook, and resolves it when the webhook is enabled or deleted. */
export function noticesToOwners(notices: Notices, clock: Clock): Owners {
  return {
    disabled: (trx, { workspaceId, endpointId, name, format, reason, failures, at }) =>
      notices.post(trx, workspaceId, {
        type: WEBHOOK_DISABLED.name,
        object_type: 'webhook',
        object_id: endpointId,
        details: { name, format, reason, failures },
        at,
      }),
    handledByUser: (trx, workspaceId, endpointId) =>
      notices.end(trx, workspaceId, endpointId, isoTime(clock.now())),
  };
}

function show({ object_id: objectId, ...notice }: Notice) {
  return { ...notice, object_id: notice.object_type === 'webhook' ? prefixed('wh', objectId) : objectId };
}

function readerOf({ workspaceId, role, via }: Caller): Reader {
  if (via.kind !== 'session')
    throw new ApiError('forbidden', 'This requires a signed-in user; API keys are not accepted.');
  return { workspaceId, role, userId: via.user.id };
}
