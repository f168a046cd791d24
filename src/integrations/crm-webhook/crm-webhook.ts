import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Uuid } from '../../base/id.ts';
import { rawKey } from '../../http/authenticate.ts';
import type { InboundParts, Integration } from '../integration.ts';
import { stored, takeReport } from './crm-report.ts';
import { crmWebhookConnection } from './crm-webhook-connection.ts';

/**
 * Another CRM reports the progress of a lead (CW1 to CW4). A report changes no lead and creates no event. The secret is
 * checked before the body is read.
 */
export const crmWebhook: Integration = {
  name: 'crm-webhook',
  label: 'CRM webhook',
  docs: 'docs/leads.md#reports-of-another-crm',
  connection: crmWebhookConnection,
  inbound: [
    {
      path: '/webhooks/crm/lead',
      authentication: 'An inbound secret as a bearer token in Authorization, or in X-API-Key.',
      mount: mountCrmWebhook,
    },
  ],
};

function mountCrmWebhook(
  app: FastifyInstance,
  path: string,
  { secrets, activities, log }: InboundParts,
): void {
  const senders = new WeakMap<FastifyRequest, Uuid>();

  app.post(path, {
    onRequest: async (request) => {
      senders.set(request, await stored(secrets.workspaceOf(rawKey(request.headers))));
    },
    handler: async (request, reply) => {
      const workspaceId = senders.get(request)!;
      const { answer } = await takeReport({ activities, log }, workspaceId, request.body, request.jsonText!);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json; charset=utf-8')
        .send(answer);
    },
  });
}
