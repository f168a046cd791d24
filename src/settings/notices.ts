import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { Idempotency } from '../account/idempotency.ts';
import type { Notice, Notices, Reader } from '../account/notice.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { prefixed } from '../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { WEBHOOK_DISABLED, type Owners } from '../delivery/disabling.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';

const PATH = '/api/v1/notices';

const noticeShape = z
  .object({
    id: z.uuid(),
    type: z.string().meta({ description: 'The event that it tells of: `webhook.disabled`.' }),
    object_type: z.string(),
    object_id: z.string(),
    details: z.record(z.string(), z.unknown()).meta({
      description: 'What happened; of a webhook its name, format, reason and failures.',
    }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Notice' });

export interface NoticeParts {
  db: Database;
  notices: Notices;
  idempotency: Idempotency;
  clock: Clock;
}

/** What owners and admins should know, each for themselves: for people who are signed in. */
export function noticeRoutes({ db, notices, idempotency, clock }: NoticeParts): Route[] {
  const common = { scope: null, tag: 'notices' } as const;

  const list = route<undefined, PageQuery>({
    ...common,
    method: 'GET',
    path: PATH,
    summary: 'List your notices',
    description:
      'What owners and admins should know, newest first, until they put it away or it is over; empty for others. For people who are signed in.',
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
    summary: 'Put a notice away',
    description: 'For yourself; the others still see it.',
    answers: { 204: 'Put away.' },
    async handle({ caller, params, claim }) {
      const at = isoTime(clock.now());
      await db.transaction(async (trx) => {
        if (!(await notices.dismiss(trx, readerOf(caller), params['id']!, at)))
          throw new ApiError('not_found', 'There is no notice with this id.');
        if (claim) await idempotency.keep(trx, claim, { status: 204, body: '' }, at);
      });
      return { status: 204, body: null };
    },
  });

  return [list, dismiss];
}

/** A webhook that is taken out of service is a notice, until somebody has attended to it. */
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
    attended: (trx, workspaceId, endpointId) =>
      notices.end(trx, workspaceId, endpointId, isoTime(clock.now())),
  };
}

function show({ object_id: objectId, ...notice }: Notice) {
  return { ...notice, object_id: prefixed('wh', objectId) };
}

function readerOf({ workspaceId, role, via }: Caller): Reader {
  if (via.kind !== 'session')
    throw new ApiError('forbidden', 'This is for people who are signed in, not for API keys.');
  return { workspaceId, role, userId: via.user.id };
}
