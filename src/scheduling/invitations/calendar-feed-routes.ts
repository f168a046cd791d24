import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { isAtLeast } from '../../account/role.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import { makeChangeRecorder } from '../../http/change-recorder.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { CalendarFeed, CalendarFeeds } from './calendar-feed.ts';

const PATH = '/api/v1/calendar-feeds';

const shape = z
  .object({
    id: z.uuid(),
    user_id: z.uuid().meta({ description: 'The member whose appointments it holds.' }),
    busy_only: z.boolean().meta({ description: 'Whether it shows only that the member is busy.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    last_read_at: z.iso.datetime().nullable().meta({ description: 'When a calendar last read it.' }),
  })
  .meta({ id: 'CalendarFeed' });

const createdShape = shape.extend({
  url: z.string().meta({ description: 'Its secret URL, to be pasted into a calendar. Shown only here.' }),
});

const body = z.strictObject({
  user_id: recordId.optional().meta({
    description:
      'A member; default: the member who asks. Another member needs the role admin, and the scope `booking:manage`.',
  }),
  busy_only: z.boolean().default(false),
});

export interface CalendarFeedRouteParts {
  feeds: CalendarFeeds;
  recordChange: RecordChange;
  baseUrl(): string;
}

/** Calendar feeds: a URL that a calendar reads, for each member. */
export function calendarFeedRoutes({ feeds, recordChange, baseUrl }: CalendarFeedRouteParts): Route[] {
  const tag = 'appointments';
  const shown = ({ token, ...feed }: CalendarFeed & { token?: string }) => ({
    ...feed,
    ...(token !== undefined && { url: `${baseUrl()}/calendar/${token}.ics` }),
  });
  const recorder = makeChangeRecorder<CalendarFeed & { token?: string }>(recordChange, {
    objectType: 'calendar_feed',
    detailsOf: ({ user_id: userId }) => ({ user_id: userId }),
    responseOf: shown,
  });
  return [
    route({
      method: 'GET',
      path: PATH,
      scope: 'appointments:read',
      tag,
      summary: 'List calendar feeds',
      description:
        "The caller's own; with the role admin and the scope `booking:manage`, those of all members.",
      answers: { 200: z.object({ data: z.array(shape) }) },
      async handle({ caller }) {
        const all = await feeds.list(caller.workspaceId);
        return { status: 200, body: { data: all.filter((feed) => mayManage(caller, feed.user_id)) } };
      },
    }),
    route<z.output<typeof body>>({
      method: 'POST',
      path: PATH,
      scope: 'appointments:read',
      tag,
      summary: 'Create a calendar feed',
      description:
        'Calendars read it by its URL, each at its own pace: Google every 8 to 24 hours, Outlook about every 3 hours, Apple as set. Anyone who has the URL can read it.',
      body,
      answers: { 201: createdShape },
      async handle(ctx) {
        const { caller } = ctx;
        const userId = ctx.body.user_id ?? caller.makerId;
        if (userId === null) throw invalid('user_id', 'is required');
        if (!mayManage(caller, userId))
          throw new ApiError(
            'forbidden',
            'The feed of another member needs the role admin, and the scope booking:manage.',
          );
        const feed = await feeds.create(
          caller,
          { user_id: userId, busy_only: ctx.body.busy_only },
          recorder(ctx, 201, 'created'),
        );
        return { status: 201, body: shown(feed) };
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/:id`,
      scope: 'appointments:read',
      tag,
      summary: 'Revoke a calendar feed',
      description: 'Its URL stops working at once.',
      answers: { 204: 'Revoked.' },
      async handle(ctx) {
        const { caller, params } = ctx;
        const id = params['id']!;
        const found = (await feeds.list(caller.workspaceId)).find((feed) => feed.id === id);
        if (!found || !mayManage(caller, found.user_id))
          throw new ApiError('not_found', 'There is no calendar feed with this id.');
        await feeds.remove(caller.workspaceId, id, recorder(ctx, 204, 'deleted'));
        return { status: 204, body: null };
      },
    }),
  ];
}

/** A key that only reads must not give out, or revoke, the calendars of others. */
function mayManage({ makerId, role, may }: Caller, userId: Uuid): boolean {
  return makerId === userId || (isAtLeast(role, 'admin') && may('booking:manage'));
}

/** The feeds as calendars read them, without authentication besides the URL. */
export function mountCalendarFeeds(app: FastifyInstance, feeds: CalendarFeeds): void {
  app.get<{ Params: { file: string } }>('/calendar/:file', async (request, reply) => {
    const [, token] = /^([\w-]{43})\.ics$/.exec(request.params.file) ?? [];
    const text = token === undefined ? undefined : await feeds.read(token);
    if (text === undefined) throw new ApiError('not_found', 'This calendar does not exist or was revoked.');
    const etag = `"${sha256(text).toString('base64url')}"`;
    void reply.headers({
      etag,
      'cache-control': 'private, max-age=300',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-robots-tag': 'noindex',
    });
    const known = request.headers['if-none-match'] ?? '';
    if (known.split(/\s*,\s*/).some((item) => item.replace(/^W\//, '') === etag))
      return reply.code(304).send();
    return reply.type('text/calendar; charset=utf-8').send(text);
  });
}
