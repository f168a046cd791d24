import { z } from 'zod';
import type { AuditEntry } from '../../account/audit.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { invalid } from '../../base/errors.ts';
import { prefixed, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import type { Engine } from '../../delivery/engine.ts';
import type { Formats } from '../../delivery/endpoint/webhook-format.ts';
import { enqueueTest, makeDueNow } from '../../delivery/log/resend.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import { TEST_EVENT, testData } from '../../events/event-type.ts';
import { admit } from '../../http/authenticate.ts';
import type { Transaction } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Ctx, type Route } from '../../http/route.ts';
import { auditEntry, findWebhook, PATH, recordedChange, WEBHOOK_ID } from './webhook-endpoint.ts';
import type { WebhookInput } from './webhook-input.ts';
import { checkSignature, generatedSecret, suppliedSecret } from './webhook-rules.ts';
import { showWebhook, signature, signatureOf, webhookSchema } from './webhook-schema.ts';

export interface WebhookCommandParts {
  db: Database;
  engine: Engine;
  formats: Formats;
  catalogueOf: CustomTypes['catalogueOf'];
  recordChange: RecordChange;
  clock: Clock;
  newId: () => Uuid;
}

type CommandParts = WebhookCommandParts & Pick<WebhookInput, 'formatOf'>;

const OVERLAP_S = 24 * 3600;

const rotateBody = z
  .strictObject({
    secret: z.string().max(512).nullable().optional().meta({
      description: 'Your own secret; generated if missing. null: unsigned, if the format allows it.',
    }),
    signature: signature.optional(),
    overlap_s: z
      .int()
      .min(0)
      .max(7 * 24 * 3600)
      .optional()
      .meta({
        description:
          'How long the old secret also signs; only in formats with `rotation_overlaps`. Default 86400.',
      }),
  })
  .prefault({});

const testBody = z.strictObject({ event_type: z.string().max(100).optional() }).prefault({});

const common = { scope: 'webhooks:manage', tag: 'webhooks', params: WEBHOOK_ID } as const;

/** Commands on webhooks: rotate the secret, send a test, retry pending deliveries. */
export function webhookCommandRoutes(
  commandParts: WebhookCommandParts,
  { formatOf }: Pick<WebhookInput, 'formatOf'>,
): { rotate: Route; test: Route; sendPending: Route } {
  const parts = { ...commandParts, formatOf };
  return { rotate: rotateRoute(parts), test: testRoute(parts), sendPending: sendPendingRoute(parts) };
}

function rotateRoute({ engine, formats, recordChange, clock, formatOf }: CommandParts): Route {
  const { endpoints } = engine;
  return route<z.output<typeof rotateBody>>({
    ...common,
    scope: 'webhooks:rotate',
    method: 'POST',
    path: `${PATH}/:id/rotate-secret`,
    summary: 'Rotate the signing secret',
    description:
      'The new secret is shown only in this response. It signs from the next attempt; in formats with `rotation_overlaps` the old one also signs for a while.',
    body: rotateBody,
    answers: { 200: webhookSchema },
    async handle(ctx) {
      const current = await findWebhook(endpoints, ctx);
      const format = formatOf(current.format);
      const supplied = suppliedSecret(ctx.body.secret, format);
      // To make a webhook unsigned requires more than the scope to rotate.
      if (supplied === null) admit(ctx.caller, 'webhooks:manage');
      checkSignature(ctx.body.signature, supplied, format);
      const kind = ctx.body.signature ?? signatureOf(current, format) ?? undefined;
      const secret = supplied === undefined ? generatedSecret(format, kind) : supplied;
      const { overlap_s: overlap } = ctx.body;
      if (overlap !== undefined && overlap > 0 && !format.rotationOverlaps) {
        throw invalid('overlap_s', `the format ${format.name} signs with only one secret`);
      }
      const overlapS = format.rotationOverlaps ? (overlap ?? OVERLAP_S) : 0;
      const until = overlapS > 0 ? isoTime(clock.now() + overlapS * 1000) : null;
      const answered = recordedChange(recordChange, ctx, 200, 'secret_rotated', (endpoint) =>
        showWebhook(endpoint, formats, secret),
      );
      await endpoints.rotate(ctx.caller.workspaceId, current.id, secret, until, answered.afterWrite);
      return answered.response();
    },
  });
}

function testRoute(parts: CommandParts): Route {
  const { engine, clock, newId, formatOf } = parts;
  const { endpoints } = engine;
  return route<z.output<typeof testBody>>({
    ...common,
    method: 'POST',
    path: `${PATH}/:id/test`,
    summary: 'Send a test event',
    description:
      'Sends webhook.test, or a sample of `event_type`; also while paused. It is attempted once and never counts as a failure.',
    body: testBody,
    answers: { 202: z.object({ delivery_id: z.uuid(), event_id: z.string(), event_type: z.string() }) },
    async handle(ctx) {
      const current = await findWebhook(endpoints, ctx);
      const eventId = newId();
      const made = {
        ...(await sampleOf(parts, ctx.body.event_type, current, eventId)),
        eventId,
        deliveryId: newId(),
      };
      const at = isoTime(clock.now());
      const { workspaceId, actor } = ctx.caller;
      const response = await recordAction(
        parts,
        ctx,
        auditEntry('tested', current, { event_type: made.type }),
        async (trx) => {
          await enqueueTest(trx, { ...made, workspaceId, endpointId: current.id, at, actor });
          return {
            delivery_id: made.deliveryId,
            event_id: prefixed('evt', eventId),
            event_type: formatOf(current.format).nameOf(made.type),
          };
        },
      );
      await wakeLanes(parts, workspaceId, [current.id]);
      return response;
    },
  });
}

function sendPendingRoute(parts: CommandParts): Route {
  return route({
    ...common,
    method: 'POST',
    path: `${PATH}/send-pending`,
    summary: 'Retry pending deliveries now',
    description: 'Makes all deliveries of active webhooks that wait for a retry due now.',
    answers: { 202: z.object({ pending: z.int(), webhooks: z.int() }) },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      let counts = new Map<Uuid, number>();
      const sent = { action: 'webhook.pending_sent', objectType: 'workspace', objectId: workspaceId };
      const response = await recordAction(parts, ctx, sent, async (trx) => {
        counts = await makeDueNow(trx, workspaceId);
        return {
          pending: [...counts.values()].reduce((sum, count) => sum + count, 0),
          webhooks: counts.size,
        };
      });
      await wakeLanes(parts, workspaceId, [...counts.keys()]);
      return response;
    },
  });
}

async function sampleOf(
  { catalogueOf, formatOf }: CommandParts,
  requested: string | undefined,
  endpoint: Endpoint,
  eventId: Uuid,
) {
  const type = formatOf(endpoint.format).typesOf(requested ?? TEST_EVENT)[0];
  if (type === TEST_EVENT) {
    return {
      type,
      objectType: 'webhook',
      objectId: endpoint.id,
      data: testData(eventId),
      context: null,
    };
  }
  const known = (await catalogueOf(endpoint.workspaceId, [type])).type(type);
  if (!known) throw invalid('event_type', 'is not an event type; see GET /api/v1/event-types');
  return {
    type,
    objectType: known.object,
    objectId: eventId,
    data: { ...known.sample },
    context: known.context ?? null,
  };
}

/** Call it after the commit: it wakes the lanes; if no worker runs in this process, it makes one pass itself. */
async function wakeLanes({ engine }: CommandParts, workspaceId: Uuid, endpointIds: Uuid[]): Promise<void> {
  await engine.waker.notifyNow(endpointIds.map((id) => [workspaceId, id] as const));
  if (!engine.worker.running) void engine.pass(workspaceId).catch(() => undefined);
}

/** Runs an action in a transaction and records it there with its response. */
async function recordAction(
  { db, recordChange }: CommandParts,
  ctx: Ctx<unknown, unknown>,
  done: AuditEntry,
  work: (trx: Transaction) => Promise<object>,
): Promise<Answer> {
  const body = await db.transaction(async (trx) => {
    const made = JSON.stringify(await work(trx));
    await recordChange(trx, ctx, done, { status: 202, body: made });
    return made;
  });
  return { status: 202, body };
}
