import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sameBytes, sha256 } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import type { ConnectionServices } from '../integration.ts';
import { googleKey, takeFormLead } from './google-ads-lead.ts';

/** Google's form has room for 50 characters. */
const MAX_KEY_LENGTH = 50;

const known = z.looseObject({ lead_id: z.string().catch(''), is_test: z.boolean().catch(false) });

const formLeads = {
  path: '',
  label: 'Webhook URL',
  verify({ body }, { secrets }) {
    const sent = googleKey(body);
    // Hashed, because texts of different lengths cannot be compared in constant time.
    if (sameBytes(sha256(sent ?? ''), sha256(secrets['google_key']!))) return null;
    return sent === null
      ? 'The body has no google_key.'
      : 'The google_key is wrong: the key in Google Ads is another one.';
  },
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return {
      type: data?.is_test ? 'test' : 'lead_form',
      externalId: data?.lead_id || null,
    };
  },
  handle: ({ body, text }, { workspaceId }, { takeLead }) =>
    takeFormLead(takeLead, workspaceId, body, () => text),
} satisfies InboundHandler<ConnectionServices>;

/** Submissions of Google Ads lead forms create leads; Google sends the key of the connection in the body. */
export const googleAdsConnection: ConnectionKind<ConnectionServices> = {
  name: 'google-ads',
  label: 'Google Ads lead forms',
  description: 'Each lead form that is filled in creates a lead.',
  docs: 'docs/integrations/google-ads-lead-forms.md',
  steps: [
    'In Google Ads, open the lead form → Export leads from Google Ads → Other data integration options → Webhook integration.',
    'Paste the webhook URL and the key.',
    'Send test data: Google shows a success, and the test appears here as ignored.',
  ],
  settings: z.object({}),
  secrets: z.object({
    google_key: plainText(MAX_KEY_LENGTH).min(16, 'must have at least 16 characters').meta({
      title: 'Key',
      description: 'The Key of the webhook integration in Google Ads.',
    }),
  }),
  generate: { google_key: () => randomBytes(32).toString('base64url') },
  scopes: ['leads:create'],
  inbound: [formLeads],
  test: (values) =>
    testWithSample(formLeads, { body: { google_key: values.secrets['google_key'], is_test: true } }, values),
};
