import type { FastifyInstance } from 'fastify';
import type { InboundParts, Integration } from '../integration.ts';
import { googleAdsConnection } from './google-ads-connection.ts';
import { googleKey, takeFormLead } from './google-ads-lead.ts';

/**
 * Each submission of a Google Ads lead form creates a lead. Google sends the key configured with the URL in the body,
 * and no custom header: the key is an inbound secret.
 */
export const googleAds: Integration = {
  name: 'google-ads',
  label: 'Google Ads',
  docs: 'docs/integrations/google-ads-lead-forms.md',
  connection: googleAdsConnection,
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
      const workspaceId = await secrets.workspaceOf(googleKey(request.body));
      const { answer } = await takeFormLead(takeLead, workspaceId, request.body, () => request.jsonText!);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(answer);
    },
  });
}
