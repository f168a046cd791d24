import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requiredText } from '../../base/values/text.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { rawKey } from '../../http/authenticate.ts';
import { validationError } from '../../http/error-response.ts';
import type { InboundParts, Integration } from '../integration.ts';

const NO_MATCH = 'No matching lead or submission for crm_lead_id';

const DEFAULT_EVENT_TYPE = 'updated';
const MAX_EVENT_TYPE_LENGTH = 200;

const report = z.object({
  crm_lead_id: requiredText(1000),
  // An unusual type must not reject the report: the whole body is stored in any case.
  event_type: z.unknown().optional().transform(eventType),
});

/**
 * Another CRM reports the progress of a lead (CW1 to CW4). A report changes no lead and creates no event. The secret is
 * checked before the body is read.
 */
export const crmWebhook: Integration = {
  name: 'crm-webhook',
  label: 'CRM webhook',
  docs: 'docs/leads.md#reports-of-another-crm',
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
      const { crm_lead_id: crmLeadId, event_type: type } = read(request.body);
      const body = request.jsonText!;
      const lead = await stored(activities.record(workspaceId, { crmLeadId, eventType: type, body }));
      if (!lead) log.info({ workspace_id: workspaceId, crm_lead_id: crmLeadId, event_type: type }, NO_MATCH);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .send(
          lead
            ? { ok: true, stored: true, lead_id: lead.number }
            : { ok: true, stored: false, reason: NO_MATCH },
        );
    },
  });
}

function read(sent: unknown): z.output<typeof report> {
  const result = report.safeParse(sent ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw validationError(result.error, 'body');
}

function eventType(sent: unknown): string {
  if (typeof sent !== 'string' || sent.trim() === '' || sent.includes('\0')) return DEFAULT_EVENT_TYPE;
  return sent.trim().slice(0, MAX_EVENT_TYPE_LENGTH).toWellFormed();
}

/** A store failure is a 500 here (CW4): 503 means that no secret is configured. */
async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unavailable') throw error;
    throw new ApiError('server_error', `${error.message} Nothing was stored; you may send it again.`, {
      retryAfter: 2,
    });
  }
}
