import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { webhookCommandRoutes, type WebhookCommandParts } from './webhook-commands.ts';
import { auditEntry, findWebhook, PATH, recordedChange, WEBHOOK_ID } from './webhook-endpoint.ts';
import { makeWebhookInput, type WebhookInput, type WebhookInputParts } from './webhook-input.ts';
import {
  createBody,
  showWebhook,
  updateBody,
  webhookSchema,
  type CreateBody,
  type UpdateBody,
} from './webhook-schema.ts';

export interface WebhookParts extends WebhookCommandParts, WebhookInputParts {}

interface WebhookRouteParts extends WebhookParts {
  input: WebhookInput;
}

const common = { scope: 'webhooks:manage', tag: 'webhooks', params: WEBHOOK_ID } as const;
const reading = { ...common, scope: 'webhooks:read' } as const;

/** Webhook routes (docs/requirements.md, section 9). */
export function webhookRoutes(webhookParts: WebhookParts): Route[] {
  const input = makeWebhookInput(webhookParts);
  const parts = { ...webhookParts, input };
  const { rotate, test, sendPending } = webhookCommandRoutes(webhookParts, input);
  return [
    listRoute(parts),
    createRoute(parts),
    sendPending,
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
    rotate,
    test,
  ];
}

function listRoute({ engine, formats }: WebhookRouteParts): Route {
  const { endpoints } = engine;
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List webhooks',
    query: pageQuery,
    answers: { 200: pageShape(webhookSchema) },
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
}

function createRoute({ engine, formats, recordChange, input }: WebhookRouteParts): Route {
  const { endpoints } = engine;
  return route<CreateBody>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a webhook',
    description: 'The signing secret is shown only in this response.',
    body: createBody(formats),
    answers: { 201: webhookSchema },
    async handle(ctx) {
      const { body, caller } = ctx;
      const endpoint = await input.newEndpointOf(body, caller);
      const answered = recordedChange(recordChange, ctx, 201, 'created', (row) =>
        showWebhook(row, formats, endpoint.secret),
      );
      await endpoints.create(endpoint, answered.afterWrite);
      return answered.response();
    },
  });
}

function getRoute({ engine, formats }: WebhookRouteParts): Route {
  const { endpoints } = engine;
  return route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get a webhook',
    answers: { 200: webhookSchema },
    handle: async (ctx) => ({ status: 200, body: showWebhook(await findWebhook(endpoints, ctx), formats) }),
  });
}

function updateRoute(
  method: 'PATCH' | 'PUT',
  { engine, formats, recordChange, input }: WebhookRouteParts,
): Route {
  const { endpoints } = engine;
  return route<UpdateBody>({
    ...common,
    method,
    path: `${PATH}/:id`,
    summary: 'Update a webhook',
    description:
      'Changed events apply only to future events. `active: false` pauses: no new deliveries are queued, and queued ones are held. `active: true` also enables a disabled webhook.',
    body: updateBody,
    answers: { 200: webhookSchema },
    async handle(ctx) {
      const current = await findWebhook(endpoints, ctx);
      const change = await input.changeOf(ctx.body, current);
      const answered = recordedChange(recordChange, ctx, 200, 'updated', (endpoint) =>
        showWebhook(endpoint, formats),
      );
      await endpoints.update(ctx.caller.workspaceId, current.id, change, answered.afterWrite);
      return answered.response();
    },
  });
}

function deleteRoute({ engine, recordChange }: WebhookRouteParts): Route {
  const { endpoints } = engine;
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a webhook',
    description: 'Drops its queued deliveries; the delivery log stays readable.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const current = await findWebhook(endpoints, ctx);
      await endpoints.remove(ctx.caller.workspaceId, current.id, (trx, endpoint) =>
        recordChange(trx, ctx, auditEntry('deleted', endpoint), { status: 204, body: '' }),
      );
      return { status: 204, body: null };
    },
  });
}
