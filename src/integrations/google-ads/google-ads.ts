import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { InboundSecrets } from '../../account/inbound-secret.ts';
import type { Uuid } from '../../base/id.ts';
import { membersOf } from '../../base/json-text.ts';
import { requiredText } from '../../base/values/text.ts';
import type { InboundResult } from '../../connections/connection-kind.ts';
import { answeredField, leadOfAnswers } from '../../crm/leads/inbound/lead-form-answers.ts';
import type { InboundLeads } from '../../crm/leads/inbound/inbound-lead.ts';
import { validationError } from '../../http/error-response.ts';

const key = z.looseObject({ google_key: z.string() });

/** The body that Google sends: https://developers.google.com/google-ads/webhook/docs/implementation */
const delivery = z.looseObject({
  lead_id: requiredText(200),
  user_column_data: z.array(
    z.looseObject({
      column_id: z.string().optional(),
      column_name: z.string().optional(),
      string_value: z.string().default(''),
    }),
  ),
  is_test: z.boolean().default(false),
});

/**
 * Mounts `POST /webhooks/google-ads`, which receives submissions of Google Ads lead forms. Google sends the key
 * configured with the URL in the body, and no custom header: the key is an inbound secret.
 */
export function mountGoogleAds(
  app: FastifyInstance,
  { secrets, inboundLeads }: { secrets: InboundSecrets; inboundLeads: InboundLeads },
): void {
  app.post('/webhooks/google-ads', {
    schema: { hide: true },
    // The key is in the body, so the body is parsed first. A column has three fields.
    config: { maxFields: 1_000 },
    handler: async (request, reply) => {
      const workspaceId = await secrets.workspaceOf(googleKey(request.body));
      const { answer } = await takeFormLead(inboundLeads, workspaceId, request.body, () => request.jsonText!);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(answer);
    },
  });
}

/** Creates the lead of a submitted lead form. @param sentText the body exactly as sent */
export async function takeFormLead(
  inboundLeads: InboundLeads,
  workspaceId: Uuid,
  sent: unknown,
  sentText: () => string,
): Promise<InboundResult> {
  const lead = read(sent);
  const input = leadOfAnswers(answersOf(lead), 'Google Ads', 'user_column_data');
  if (lead.is_test)
    return { outcome: 'ignored', reason: 'Google sent test data.', answer: '{"status":"test"}' };
  const { id, answer, isRepeat } = await inboundLeads.take(workspaceId, {
    channel: 'google-ads',
    id: lead.lead_id,
    input,
    sent: lead,
    sentText: () => withoutKey(sentText()),
  });
  return { outcome: isRepeat ? 'duplicate' : 'accepted', record: { type: 'lead', id }, answer };
}

/** The key in a body; null for none. */
export function googleKey(sent: unknown): string | null {
  const known = key.safeParse(sent);
  return known.success ? known.data.google_key : null;
}

/** The body without the secret. */
export function withoutKey(body: string): string {
  const kept = membersOf(body).filter(({ name }) => name !== 'google_key');
  return `{${kept.map(({ name, value }) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function read(sent: unknown): z.output<typeof delivery> {
  const result = delivery.safeParse(sent, { reportInput: true });
  if (result.success) return result.data;
  throw validationError(result.error, 'body');
}

/** A column is identified by its id; only the advertiser's own questions have no id. */
function answersOf({ user_column_data: columns }: z.output<typeof delivery>) {
  return columns.map(({ column_id: id = '', column_name: name, string_value: value }) => ({
    field: answeredField(id) ?? answeredField(name ?? ''),
    question: name ?? id,
    value,
  }));
}
