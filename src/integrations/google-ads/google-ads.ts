import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { membersOf } from '../../base/json-text.ts';
import { requiredText } from '../../base/values/text.ts';
import { answeredField, leadOfAnswers } from '../../crm/leads/inbound/lead-form-answers.ts';
import { validationError } from '../../http/error-response.ts';
import type { InboundParts, Integration } from '../integration.ts';

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
 * Each submission of a Google Ads lead form creates a lead. Google sends the key configured with the URL in the body,
 * and no custom header: the key is an inbound secret.
 */
export const googleAds: Integration = {
  name: 'google-ads',
  label: 'Google Ads',
  docs: 'docs/integrations/google-ads-lead-forms.md',
  inbound: [
    {
      path: '/webhooks/google-ads',
      authentication: 'The key of the lead form is an inbound secret.',
      mount: mountGoogleAds,
    },
  ],
};

function mountGoogleAds(app: FastifyInstance, path: string, { secrets, takeLead }: InboundParts): void {
  app.post(path, {
    // The key is in the body, so the body is parsed first. A column has three fields.
    config: { maxFields: 1_000 },
    handler: async (request, reply) => {
      const known = key.safeParse(request.body);
      const workspaceId = await secrets.workspaceOf(known.success ? known.data.google_key : null);
      const lead = read(request.body);
      const input = leadOfAnswers(answersOf(lead), 'Google Ads', 'user_column_data');
      const answer = lead.is_test
        ? '{"status":"test"}'
        : await takeLead(workspaceId, {
            id: lead.lead_id,
            input,
            sent: lead,
            sentText: () => withoutKey(request.jsonText!),
          });
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(answer);
    },
  });
}

/** The body without the secret. */
function withoutKey(body: string): string {
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
