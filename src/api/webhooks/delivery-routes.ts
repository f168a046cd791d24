import { z } from 'zod';
import { instantOrDate } from '../../base/values/time.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { floorId, unprefixed, type Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import type { Engine } from '../../delivery/engine.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import { TEST_EVENT, type Catalogue } from '../../events/event-type.ts';
import { getDelivery, listDeliveries, type DeliveryView } from '../../delivery/log/delivery-log.ts';
import type { Formats } from '../../delivery/endpoint/webhook-format.ts';
import { enqueueResend, makeDueNow } from '../../delivery/log/resend.ts';
import { withNumbers } from '../../delivery/sender/event-numbers.ts';
import { viewAttemptRequest, storedEvent } from '../../delivery/log/attempt-request.ts';
import type { RecordNumbers } from '../../events/record-number.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import type { RecordChange } from '../../http/record-change.ts';

export interface DeliveryRouteParts {
  db: Database;
  engine: Engine;
  catalogue: Catalogue;
  numbers: RecordNumbers;
  unknownOf: CustomTypes['unknownOf'];
  formats: Formats;
  recordChange: RecordChange;
  clock: Clock;
  newId: () => Uuid;
}

const STATES = ['pending', 'retrying', 'delivered', 'failed', 'expired', 'dropped', 'crashed'] as const;

const deliveryShape = z
  .object({
    id: z.uuid(),
    webhook_id: z.string(),
    event_id: z.string(),
    event_type: z.string(),
    kind: z.enum(['event', 'resend', 'test']),
    state: z.enum(STATES),
    attempts: z.int(),
    created_at: z.iso.datetime(),
    next_attempt_at: z.iso.datetime().nullable(),
    last_status: z.int().nullable(),
    last_failure: z.string().nullable(),
    filter_skipped: z.string().nullable().meta({
      description:
        'The fields that the filter could not evaluate completely (it reads the first 10,000 characters), so that the event was delivered; null for most.',
    }),
  })
  .meta({ id: 'Delivery' });

const attemptShape = z
  .object({
    id: z.uuid(),
    number: z.int(),
    at: z.iso.datetime(),
    duration_ms: z.int(),
    status: z.int().nullable(),
    failure: z.string().nullable().meta({ description: 'The error code; null for a 2xx.' }),
    detail: z.string().nullable(),
    response: z.string().nullable().meta({ description: 'The first 1,000 characters of the response.' }),
    next_at: z.iso.datetime().nullable(),
    request: z
      .object({
        url: z.string(),
        method: z.string(),
        headers: z
          .record(z.string(), z.string())
          .meta({ description: 'Values of custom headers are masked.' }),
        body: z.string().nullable().meta({
          description:
            'The body as sent; null if the event is no longer kept, or if another version of the program rendered it differently.',
        }),
      })
      .nullable()
      .meta({ description: 'The request; null if none was made.' }),
  })
  .meta({ id: 'Attempt' });

const logQuery = pageQuery.extend({
  state: z.enum(STATES).optional(),
  event_type: z.string().max(100).optional(),
  event_id: z
    .string()
    .regex(/^evt_[0-9a-f]{32}$/i, 'must be the id of an event')
    .optional(),
  'created_at[gt]': instantOrDate.optional(),
  'created_at[gte]': instantOrDate.optional(),
  'created_at[lt]': instantOrDate.optional(),
  'created_at[lte]': instantOrDate.optional(),
});
type LogQuery = z.output<typeof logQuery>;

const reading = { scope: 'webhooks:read', tag: 'deliveries' } as const;

/** The delivery log, and sending again. */
export function deliveryRoutes(parts: DeliveryRouteParts): Route[] {
  return [listRoute(parts), webhookListRoute(parts), getRoute(parts), resendRoute(parts)];
}

function listRoute(parts: DeliveryRouteParts): Route {
  return route<undefined, LogQuery>({
    ...reading,
    method: 'GET',
    path: '/api/v1/deliveries',
    summary: 'List deliveries of the workspace',
    description: 'Of all webhooks, including deleted ones, newest first.',
    query: logQuery,
    answers: { 200: pageShape(deliveryShape) },
    handle: async ({ caller, query, url }) => ({
      status: 200,
      body: await pageFor(parts, caller.workspaceId, null, query, url),
    }),
  });
}

function webhookListRoute(parts: DeliveryRouteParts): Route {
  const { engine } = parts;
  return route<undefined, LogQuery>({
    ...reading,
    method: 'GET',
    path: '/api/v1/webhooks/:id/deliveries',
    params: { id: /^wh_[0-9a-f]{32}$/ },
    summary: 'List deliveries of a webhook',
    description: 'Newest first; also for a deleted webhook.',
    query: logQuery,
    answers: { 200: pageShape(deliveryShape) },
    async handle({ caller, params, query, url }) {
      const endpointId = unprefixed('wh', params['id']!)!;
      if (!(await engine.endpoints.getAny(caller.workspaceId, endpointId))) {
        throw new ApiError('not_found', 'No webhook with this id.');
      }
      return { status: 200, body: await pageFor(parts, caller.workspaceId, endpointId, query, url) };
    },
  });
}

function getRoute(parts: DeliveryRouteParts): Route {
  const { db, engine, catalogue, formats } = parts;
  return route({
    ...reading,
    method: 'GET',
    path: '/api/v1/deliveries/:id',
    summary: 'Get a delivery with its attempts',
    answers: { 200: deliveryShape.extend({ attempt_log: z.array(attemptShape) }) },
    async handle({ caller, params }) {
      const { attempt_log: attempts, ...delivery } = await findDelivery(
        parts,
        caller.workspaceId,
        params['id']!,
      );
      const endpointId = unprefixed('wh', delivery.webhook_id)!;
      const [endpoint, event] = await Promise.all([
        engine.endpoints.getAny(caller.workspaceId, endpointId),
        storedEvent(db, caller.workspaceId, unprefixed('evt', delivery.event_id)!),
      ]);
      const hasNumbers = event !== undefined && formats.get(endpoint!.format)?.ownNames !== undefined;
      const numbered = hasNumbers ? await withNumbers(parts, caller.workspaceId, event) : event;
      const shown = attempts.map((attempt) => ({
        ...attempt,
        request:
          attempt.request && viewAttemptRequest({ formats, catalogue }, endpoint!, numbered, attempt.request),
      }));
      return { status: 200, body: { ...delivery, attempt_log: shown } };
    },
  });
}

function resendRoute(parts: DeliveryRouteParts): Route {
  const { db, engine, recordChange, clock, newId } = parts;
  return route({
    ...reading,
    scope: 'webhooks:manage',
    method: 'POST',
    path: '/api/v1/deliveries/:id/resend',
    summary: 'Send a delivery again',
    description:
      'A pending delivery becomes due now. A finished one is queued again, with the same event id.',
    answers: { 202: z.object({ delivery_id: z.uuid() }) },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const delivery = await findDelivery(parts, workspaceId, ctx.params['id']!);
      const endpointId = unprefixed('wh', delivery.webhook_id)!;
      const endpoint = await engine.endpoints.get(workspaceId, endpointId);
      if (!endpoint) throw new ApiError('conflict', 'Its webhook was deleted.');
      if (endpoint.state !== 'active')
        throw new ApiError('conflict', `Its webhook is ${endpoint.state}; activate it first.`);

      const at = isoTime(clock.now());
      const body = await db.transaction(async (trx) => {
        const hurried = await makeDueNow(trx, workspaceId, { deliveryId: delivery.id });
        const deliveryId = hurried.size > 0 ? delivery.id : newId();
        if (hurried.size === 0) {
          const eventId = unprefixed('evt', delivery.event_id)!;
          if (!(await enqueueResend(trx, { workspaceId, endpointId, eventId, deliveryId, at }))) {
            throw new ApiError('conflict', 'Its event is no longer kept.');
          }
        }
        const made = JSON.stringify({ delivery_id: deliveryId });
        const auditEntry = { action: 'delivery.resent', objectType: 'delivery', objectId: delivery.id };
        await recordChange(trx, ctx, auditEntry, { status: 202, body: made });
        return made;
      });
      await engine.waker.notifyNow([[workspaceId, endpointId]]);
      if (!engine.worker.running) void engine.pass(workspaceId).catch(() => undefined);
      return { status: 202, body };
    },
  });
}

async function pageFor(
  { db, unknownOf }: DeliveryRouteParts,
  workspaceId: Uuid,
  endpointId: Uuid | null,
  query: LogQuery,
  url: string,
) {
  const eventType = query.event_type ?? null;
  const named = eventType !== null && eventType !== TEST_EVENT ? [eventType] : [];
  if ((await unknownOf(workspaceId, named)) !== undefined)
    throw invalid('event_type', 'is not an event type; see GET /api/v1/event-types');
  const rows = await listDeliveries(db, workspaceId, {
    limit: query.limit + 1,
    after: query.cursor ? decodeCursor(query.cursor, 'deliveries').id : null,
    endpointId,
    state: query.state ?? null,
    eventType,
    eventId: query.event_id ? unprefixed('evt', query.event_id) : null,
    ...madeWithin(query),
  });
  const cursorOf = (row: DeliveryView) =>
    encodeCursor({ sort: 'deliveries', value: row.created_at, id: row.id });
  return pageOf(rows, query.limit, url, cursorOf, (row) => row);
}

async function findDelivery({ db }: DeliveryRouteParts, workspaceId: Uuid, id: Uuid) {
  const delivery = await getDelivery(db, workspaceId, id);
  if (!delivery) throw new ApiError('not_found', 'No delivery with this id.');
  return delivery;
}

/** Bounds on the creation time of a delivery, as bounds on its id, which begins with the millisecond. */
function madeWithin(query: LogQuery): { from: Uuid | null; until: Uuid | null } {
  const ms = (text: string | undefined, more: number) =>
    text === undefined ? [] : [Date.parse(text) + more];
  const from = [...ms(query['created_at[gte]'], 0), ...ms(query['created_at[gt]'], 1)];
  const until = [...ms(query['created_at[lt]'], 0), ...ms(query['created_at[lte]'], 1)];
  return {
    from: from.length > 0 ? floorId(Math.max(...from)) : null,
    until: until.length > 0 ? floorId(Math.min(...until)) : null,
  };
}
