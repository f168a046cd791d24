import { z } from 'zod';
import { instant } from '../../base/values/time.ts';
import type { Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { floorId, prefixed, unprefixed, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import type { Engine } from '../../delivery/engine.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import type { Catalogue } from '../../events/event-type.ts';
import { placeAfter } from '../../events/feed.ts';
import type { Formats } from '../../delivery/endpoint/webhook-format.ts';
import { passing, replay, REPLAYED } from '../../delivery/log/replay.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';

export interface ReplayRouteParts {
  db: Database;
  engine: Engine;
  formats: Formats;
  catalogue: Catalogue;
  stamps: CustomTypes['stamps'];
  recordChange: RecordChange;
  clock: Clock;
}

const body = z.strictObject({
  since: instant.meta({ description: 'Events from this time on.' }),
  until: instant.optional().meta({ description: 'Events before this time; default: now.' }),
  types: z
    .array(z.string().max(100))
    .min(1, 'must name at least one event type')
    .max(200)
    .optional()
    .meta({ description: 'Only these of the event types that the webhook subscribes to.' }),
  only: z.enum(REPLAYED).optional().meta({
    description:
      '`failed`: events whose delivery failed. `missed`: events without a delivery, for example while the webhook was paused. `all`: also delivered events. Default: failed and missed.',
  }),
  dry_run: z.boolean().optional().meta({
    description: 'Queues nothing; returns only the number that this call would queue.',
  }),
  after: z
    .string()
    .regex(/^evt_[0-9a-f]{32}$/i, 'must be the id of an event')
    .optional()
    .meta({ description: 'Continues after this event: `next_after` of the previous call.' }),
});

const answerShape = z.object({
  queued: z.int(),
  has_more: z.boolean(),
  next_after: z.string().nullable().meta({
    description: 'The last event that was queued; if `has_more` is true, the last that was checked.',
  }),
});

/** Sends failed or missed events again in bulk. */
export function replayRoutes(parts: ReplayRouteParts): Route[] {
  const { db, engine, catalogue, stamps, recordChange, clock } = parts;
  return [
    route<z.output<typeof body>>({
      method: 'POST',
      path: '/api/v1/webhooks/:id/replay',
      scope: 'webhooks:manage',
      tag: 'webhooks',
      params: { id: /^wh_[0-9a-f]{32}$/ },
      summary: 'Send failed or missed events again',
      description:
        'Queues up to 10,000 events, in feed order and with their ids; events that are still queued are skipped. For a webhook with a filter, one call checks up to 10,000 events, fewer if the filter is slow, so it may queue none and have more. If `has_more` is true, call again with `after`.',
      body,
      answers: { 202: answerShape },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        const { since, until = null, only, dry_run: dryRun = false } = ctx.body;
        if (until !== null && Date.parse(until) <= Date.parse(since))
          throw invalid('until', 'must be later than since');
        const endpoint = await engine.endpoints.get(workspaceId, unprefixed('wh', ctx.params['id']!)!);
        if (!endpoint) throw new ApiError('not_found', 'No webhook with this id.');
        const which = {
          workspaceId,
          endpointId: endpoint.id,
          since,
          until,
          sinceId: floorId(Date.parse(since)),
          after: await positionAfter(parts, workspaceId, ctx.body.after),
          types: typesOf(parts, endpoint, ctx.body.types, [
            ...catalogue.types,
            ...(await stamps(workspaceId)),
          ]),
          only,
          dryRun,
          now: clock.now(),
        };
        const inactive = new ApiError('conflict', 'The webhook is not active; activate it first.');
        const passed = await passing(db.pool, which);
        if (passed === null) throw inactive;
        const rendered = await db.transaction(async (trx) => {
          const done = await replay(trx, which, passed);
          if (done === null) throw inactive;
          const { queued, more, last } = done;
          const text = JSON.stringify({ queued, has_more: more, next_after: last && prefixed('evt', last) });
          if (dryRun) return text;
          const auditEntry = {
            action: 'webhook.replayed',
            objectType: 'webhook',
            objectId: prefixed('wh', endpoint.id),
            details: { ...ctx.body, queued },
          };
          await recordChange(trx, ctx, auditEntry, { status: 202, body: text });
          return text;
        });
        if (dryRun) return { status: 202, body: rendered };
        await engine.waker.notifyNow([[workspaceId, endpoint.id]]);
        if (!engine.worker.running) void engine.pass(workspaceId).catch(() => undefined);
        return { status: 202, body: rendered };
      },
    }),
  ];
}

async function positionAfter(
  { db }: ReplayRouteParts,
  workspaceId: Uuid,
  after: string | undefined,
): Promise<number> {
  if (after === undefined) return 0;
  const found = await placeAfter(db, workspaceId, unprefixed('evt', after));
  if (found === 'gone') throw invalid('after', 'is not an event of the feed, or is no longer kept');
  return found;
}

/**
 * Fairlead's names of the types that a webhook subscribes to, or of the requested ones among them, by the
 * format's names.
 */
function typesOf(
  { formats }: ReplayRouteParts,
  { format: name, events }: Endpoint,
  requested: string[] | undefined,
  all: readonly { name: string }[],
): string[] {
  const format = formats.get(name)!;
  const documented = all.map((type) => type.name).filter((type) => format.documents(type));
  const subscribed = new Set(events.flatMap((type) => (type === '*' ? documented : [type])));
  if (requested === undefined) return [...subscribed];
  return requested.flatMap((type, at) => {
    const meant = format.typesOf(type).filter((item) => subscribed.has(item));
    if (meant.length === 0)
      throw invalid(`types.${at}`, `"${type}" is not an event type that this webhook subscribes to`);
    return meant;
  });
}
