import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AuditEntry } from '../account/audit.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, invalid } from '../base/errors.ts';
import { prefixed, unprefixed, type Uuid } from '../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import type { Endpoint, EndpointChange, Within } from '../delivery/endpoint.ts';
import type { Engine } from '../delivery/engine.ts';
import { readFilter } from '../events/event-filter.ts';
import type { CustomTypes } from '../events/custom-event-type.ts';
import { TEST_EVENT, testData, type Catalogue } from '../events/event-type.ts';
import type { Format, Formats } from '../delivery/format.ts';
import type { Guard } from '../delivery/guard.ts';
import type { Inboxes } from '../delivery/inbox.ts';
import { enqueueTest, makeDueNow } from '../delivery/resend.ts';
import { admit } from '../http/authenticate.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Answer, type Ctx, type Route } from '../http/route.ts';
import type { RecordChange } from '../http/record-change.ts';
import {
  checkUrl,
  createBody,
  customHeaders,
  eventTypes,
  showWebhook,
  signature,
  signatureOf,
  updateBody,
  webhookShape,
  type CreateBody,
  type UpdateBody,
} from './webhook-schema.ts';
import {
  suppliedSecret,
  checkCanMatch,
  checkSignature,
  initialSecret,
  goneDisables,
  generatedSecret,
  schedule,
} from './webhook-rules.ts';

export interface WebhookParts {
  db: Database;
  engine: Engine;
  formats: Formats;
  catalogueOf: CustomTypes['catalogueOf'];
  guard: Guard;
  inboxes: Pick<Inboxes, 'isOwn'>;
  recordChange: RecordChange;
  clock: Clock;
  newId: () => Uuid;
  /** The pipelines of the workspace, for filters. */
  pipelinesOf(workspaceId: Uuid): Promise<readonly { id: Uuid; name: string }[]>;
}

const PATH = '/api/v1/webhooks';
const WEBHOOK_ID = { id: /^wh_[0-9a-f]{32}$/ };
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
        description: 'How long the old secret also signs; `standard` only. Default 86400.',
      }),
  })
  .prefault({});

const testBody = z.strictObject({ event_type: z.string().max(100).optional() }).prefault({});

/** Webhook routes (docs/requirements.md, section 9). */
export function webhookRoutes(parts: WebhookParts): Route[] {
  const { engine, formats, catalogueOf, guard, recordChange, clock } = parts;
  const { endpoints } = engine;
  const common = { scope: 'webhooks:manage', tag: 'webhooks', params: WEBHOOK_ID } as const;
  const reading = { ...common, scope: 'webhooks:read' } as const;

  const list = route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List webhooks',
    query: pageQuery,
    answers: { 200: pageShape(webhookShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'webhooks').id : null;
      const rows = await endpoints.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: Endpoint) =>
        encodeCursor({ sort: 'webhooks', value: row.createdAt, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => showWebhook(row, formats)),
      };
    },
  });

  const create = route<CreateBody>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a webhook',
    description: 'The signing secret is shown only in this response.',
    body: createBody,
    answers: { 201: webhookShape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const format = formatOf(body.format);
      await checkUrlOf(caller.workspaceId, body.url);
      const secret = initialSecret(body.secret, format, body.signature ?? undefined);
      const { defaults } = format;
      const retry = schedule(body.retry, { max: defaults.retryMax, intervalsS: defaults.intervalsS }, format);
      const catalogue = await catalogueFor(caller.workspaceId, body.events, body.filter, format);
      const events = eventTypes(body.events, format, catalogue);
      const filter = await filterOf(caller.workspaceId, body.filter);
      if (filter) checkCanMatch(filter.given, events, format, catalogue, 'filter');
      const answered = answer(ctx, 201, 'created', (endpoint) => showWebhook(endpoint, formats, secret));
      await endpoints.create(
        {
          workspaceId: caller.workspaceId,
          name: body.name,
          url: body.url,
          format: format.name,
          events,
          active: body.active,
          secret,
          method: body.method,
          contentType: body.content_type,
          headers: customHeaders(body.headers, {}, format),
          timeoutMs: body.timeout_s ? body.timeout_s * 1000 : defaults.timeoutMs,
          retryMax: retry.max,
          retryIntervalsS: [...retry.intervalsS],
          disableAfter: body.disable_after,
          disableOnGone: goneDisables(body.disable_on_410 ?? format.goneDisables, format),
          filter,
          payload: body.payload ?? defaults.payload,
          maxInFlight: body.max_in_flight,
          rateLimit: rateOf(body.rate_limit),
          ordering: body.ordering,
          createdBy: caller.actor,
        },
        answered.within,
      );
      return answered.response();
    },
  });

  const get = route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get a webhook',
    answers: { 200: webhookShape },
    handle: async (ctx) => ({ status: 200, body: showWebhook(await found(ctx), formats) }),
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<UpdateBody>({
      ...common,
      method,
      path: `${PATH}/:id`,
      summary: 'Update a webhook',
      description:
        'Changed events apply only to future events. `active: false` pauses: no new deliveries are queued, and queued ones are held. `active: true` also enables a disabled webhook.',
      body: updateBody,
      answers: { 200: webhookShape },
      async handle(ctx) {
        const current = await found(ctx);
        const change = await changeOf(ctx.body, current);
        const answered = answer(ctx, 200, 'updated', (endpoint) => showWebhook(endpoint, formats));
        await endpoints.update(ctx.caller.workspaceId, current.id, change, answered.within);
        return answered.response();
      },
    });

  const remove = route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a webhook',
    description: 'Drops its queued deliveries; the delivery log stays readable.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const current = await found(ctx);
      await endpoints.remove(ctx.caller.workspaceId, current.id, (trx, endpoint) =>
        recordChange(trx, ctx, auditEntry('deleted', endpoint), { status: 204, body: '' }),
      );
      return { status: 204, body: null };
    },
  });

  const rotate = route<z.output<typeof rotateBody>>({
    ...common,
    scope: 'webhooks:rotate',
    method: 'POST',
    path: `${PATH}/:id/rotate-secret`,
    summary: 'Rotate the signing secret',
    description:
      'The new secret is shown only in this response. It signs from the next attempt; in the format `standard` the old one also signs for a while.',
    body: rotateBody,
    answers: { 200: webhookShape },
    async handle(ctx) {
      const current = await found(ctx);
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
      const answered = answer(ctx, 200, 'secret_rotated', (endpoint) =>
        showWebhook(endpoint, formats, secret),
      );
      await endpoints.rotate(ctx.caller.workspaceId, current.id, secret, until, answered.within);
      return answered.response();
    },
  });

  const test = route<z.output<typeof testBody>>({
    ...common,
    method: 'POST',
    path: `${PATH}/:id/test`,
    summary: 'Send a test event',
    description:
      'Sends webhook.test, or a sample of `event_type`; also while paused. It is attempted once and never counts as a failure.',
    body: testBody,
    answers: { 202: z.object({ delivery_id: z.uuid(), event_id: z.string(), event_type: z.string() }) },
    async handle(ctx) {
      const current = await found(ctx);
      const eventId = parts.newId();
      const made = {
        ...(await sampleOf(ctx.body.event_type, current, eventId)),
        eventId,
        deliveryId: parts.newId(),
      };
      const at = isoTime(clock.now());
      const { workspaceId, actor } = ctx.caller;
      const rendered = await recordAction(
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
      await wakeLanes(workspaceId, [current.id]);
      return rendered;
    },
  });

  const sendPending = route({
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
      const rendered = await recordAction(ctx, sent, async (trx) => {
        counts = await makeDueNow(trx, workspaceId);
        return {
          pending: [...counts.values()].reduce((sum, count) => sum + count, 0),
          webhooks: counts.size,
        };
      });
      await wakeLanes(workspaceId, [...counts.keys()]);
      return rendered;
    },
  });

  return [list, create, sendPending, get, update('PATCH'), update('PUT'), remove, rotate, test];

  async function found({ caller, params }: Ctx<unknown, unknown>): Promise<Endpoint> {
    const endpoint = await endpoints.get(caller.workspaceId, unprefixed('wh', params['id']!)!);
    if (!endpoint) throw new ApiError('not_found', 'No webhook with this id.');
    return endpoint;
  }

  function formatOf(name: string): Format {
    const format = formats.get(name);
    if (!format) throw invalid('format', `must be one of ${[...formats.keys()].join(', ')}`);
    return format;
  }

  /**
   * Rejects URLs of this installation, except test inboxes of the workspace, which are delivered without a
   * connection.
   */
  async function checkUrlOf(workspaceId: Uuid, url: string): Promise<void> {
    if (!(await parts.inboxes.isOwn(workspaceId, url))) checkUrl(url, guard);
  }

  /**
   * The catalogue to check events and a filter with: it includes all custom types only if a filter is combined
   * with `*`.
   */
  function catalogueFor(
    workspaceId: Uuid,
    events: readonly string[],
    filter: object | null | undefined,
    format: Format,
  ): Promise<Catalogue> {
    if (filter && events.includes('*')) return catalogueOf(workspaceId);
    const names = events.flatMap((name): readonly string[] => (name === '*' ? [] : format.typesOf(name)));
    return catalogueOf(workspaceId, [...names, ...events.filter((name) => name !== '*')]);
  }

  async function filterOf(workspaceId: Uuid, input: Record<string, unknown> | null) {
    return input && readFilter(input, await parts.pipelinesOf(workspaceId));
  }

  /** Only changed parts are checked, so that what an older version accepted can be sent back. */
  async function subscriptionOf(
    { events, filter }: UpdateBody,
    current: Endpoint,
    format: Format,
  ): Promise<Pick<EndpointChange, 'events' | 'filter'>> {
    if (events === undefined && filter === undefined) return {};
    const { workspaceId } = current;
    const wantedFilter = filter === undefined ? current.filter : filter;
    const meant = [...(events ?? []), ...current.events];
    const catalogue = await catalogueFor(workspaceId, meant, wantedFilter, format);
    const types = events && eventTypes(events, format, catalogue, current.events);
    const keepsFilter = filter === undefined || isDeepStrictEqual(filter, current.filter);
    const keepsEvents = !types || isDeepStrictEqual(types.toSorted(), current.events.toSorted());
    const change = {
      ...(types && { events: types }),
      ...(!keepsFilter && { filter: await filterOf(workspaceId, filter) }),
    };
    const wanted = keepsFilter ? current.filter : filter;
    if (wanted && !(keepsFilter && keepsEvents))
      checkCanMatch(wanted, types ?? current.events, format, catalogue, keepsFilter ? 'events' : 'filter');
    return change;
  }

  async function changeOf(body: UpdateBody, current: Endpoint): Promise<EndpointChange> {
    const format = formatOf(current.format);
    if (body.format !== undefined && body.format !== current.format) {
      throw invalid('format', 'cannot be changed; create another webhook');
    }
    if (body.signature !== undefined && body.signature !== signatureOf(current, format))
      throw invalid('signature', 'is changed by rotate-secret');
    if (body.url !== undefined) await checkUrlOf(current.workspaceId, body.url);
    const retry =
      body.retry &&
      schedule(body.retry, { max: current.retryMax, intervalsS: current.retryIntervalsS }, format);
    return {
      ...(body.name !== undefined && { name: body.name }),
      ...(body.url !== undefined && { url: body.url }),
      ...(await subscriptionOf(body, current, format)),
      ...(body.active !== undefined && { active: body.active }),
      ...(body.method !== undefined && { method: body.method }),
      ...(body.headers !== undefined && { headers: customHeaders(body.headers, current.headers, format) }),
      ...(body.timeout_s !== undefined && { timeoutMs: body.timeout_s * 1000 }),
      ...(retry && { retryMax: retry.max, retryIntervalsS: [...retry.intervalsS] }),
      ...(body.content_type !== undefined && { contentType: body.content_type }),
      ...(body.disable_after !== undefined && { disableAfter: body.disable_after }),
      ...(body.disable_on_410 !== undefined && {
        disableOnGone: goneDisables(body.disable_on_410, format),
      }),
      ...(body.payload !== undefined && { payload: body.payload }),
      ...(body.max_in_flight !== undefined && { maxInFlight: body.max_in_flight }),
      ...(body.rate_limit !== undefined && { rateLimit: rateOf(body.rate_limit) }),
      ...(body.ordering !== undefined && { ordering: body.ordering }),
    };
  }

  async function sampleOf(requested: string | undefined, endpoint: Endpoint, eventId: Uuid) {
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
  async function wakeLanes(workspaceId: Uuid, endpointIds: Uuid[]): Promise<void> {
    await engine.waker.notifyNow(endpointIds.map((id) => [workspaceId, id] as const));
    if (!engine.worker.running) void engine.pass(workspaceId).catch(() => undefined);
  }

  /** Records a change of an endpoint with its response, in the transaction of the change. */
  function answer(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'secret_rotated',
    show: (endpoint: Endpoint) => object,
  ) {
    let body: string | undefined;
    const within: Within = async (trx, endpoint) => {
      body = JSON.stringify(show(endpoint));
      const details = done === 'updated' ? { changed: Object.keys(ctx.body as object) } : {};
      await recordChange(trx, ctx, auditEntry(done, endpoint, details), { status, body });
    };
    return {
      within,
      response(): Answer {
        if (body === undefined) throw new ApiError('not_found', 'No webhook with this id.');
        return { status, body };
      },
    };
  }

  /** Runs an action in a transaction and records it there with its response. */
  async function recordAction(
    ctx: Ctx<unknown, unknown>,
    done: AuditEntry,
    work: (trx: Parameters<Within>[0]) => Promise<object>,
  ): Promise<Answer> {
    const body = await parts.db.transaction(async (trx) => {
      const made = JSON.stringify(await work(trx));
      await recordChange(trx, ctx, done, { status: 202, body: made });
      return made;
    });
    return { status: 202, body };
  }
}

function rateOf(input: CreateBody['rate_limit']): Endpoint['rateLimit'] {
  return input && { max: input.max, perMs: input.per_s * 1000 };
}

/** Without the URL, which may contain a secret. */
function auditEntry(action: string, { id, name, state }: Endpoint, more: object = {}): AuditEntry {
  const objectId = prefixed('wh', id);
  return { action: `webhook.${action}`, objectType: 'webhook', objectId, details: { name, state, ...more } };
}
