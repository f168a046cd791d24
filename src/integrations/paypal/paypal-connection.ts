import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type {
  ConnectionKind,
  ConnectionValues,
  InboundHandler,
  InboundResult,
  TestResult,
} from '../../connections/connection-kind.ts';
import { PROVIDER_SCOPES } from '../../payments/provider-fact.ts';
import type { ConnectionServices } from '../integration.ts';
import { isPem, makePaypalCertificates, pastedKey } from './paypal-certificate.ts';
import { PAYPAL_EVENT_TYPES, translatePaypal } from './paypal-event.ts';
import { makePaypalVerification, NEEDS_WEBHOOK_ID } from './paypal-verification.ts';

const known = z.looseObject({ id: z.string().catch(''), event_type: z.string().catch('') });

const NAME = 'paypal';

const NOT_ABOUT_PAYMENTS = 'Events of this type say nothing about payments.';
const IGNORED = '{"status":"ignored"}';

/** Orders and invoices list what was bought. */
const MAX_BYTES = 1024 * 1024;

const events = {
  path: '',
  label: 'Webhook URL',
  maxBytes: MAX_BYTES,
  verify: makePaypalVerification({
    certificates: makePaypalCertificates({ now: Date.now }),
    now: Date.now,
  }),
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return { type: data?.event_type || null, externalId: data?.id || null };
  },
  handle({ body }, { workspaceId, id, settings }, { payments }): Promise<InboundResult> {
    const { event, facts } = translatePaypal(body);
    if (facts.length === 0)
      return Promise.resolve({ outcome: 'ignored', reason: NOT_ABOUT_PAYMENTS, answer: IGNORED });
    return payments.apply({ workspaceId, id, kind: NAME, settings }, event, facts);
  },
} satisfies InboundHandler<ConnectionServices>;

/** Payments, refunds, disputes and subscriptions of a PayPal account; PayPal signs with its certificate. */
export const paypalConnection: ConnectionKind<ConnectionServices> = {
  name: NAME,
  label: 'PayPal',
  description: 'Payments, refunds, disputes and subscriptions of a PayPal account.',
  docs: 'docs/integrations/paypal.md',
  steps: [
    'In the PayPal developer dashboard, open Apps & Credentials, choose Live, and open the app of your shop; make one if there is none.',
    'Under Webhooks, choose Add Webhook, paste the webhook URL, and choose All Events, or those of the list below.',
    'Save, copy the webhook ID that PayPal then shows, and paste it into this connection.',
    'The next payment appears here. The Webhooks Simulator of PayPal only shows that the URL and the signature are right.',
  ],
  events: PAYPAL_EVENT_TYPES,
  settings: z.object({
    mode: z.enum(['live', 'sandbox']).default('live').meta({
      title: 'Account',
      description: 'Events of the other kind of account are refused.',
    }),
    create_contact: z.boolean().default(true).meta({
      title: 'Create contacts',
      description: 'Whether a payer whom nobody knows becomes a contact with the status customer.',
    }),
    webhook_id: plainText(100)
      .trim()
      .regex(/^[\w-]*$/, 'must be the ID that PayPal shows, such as 1JE4291016473214C')
      .optional()
      .meta({
        title: 'Webhook ID',
        description: 'PayPal shows it once the webhook is saved. Without it no event can be verified.',
      }),
    certificate: plainText(20_000)
      .trim()
      .refine((text) => text === '' || isPem(text), 'must be a certificate in PEM format')
      .optional()
      .meta({
        title: 'Certificate',
        description:
          'Only for a server that cannot reach api.paypal.com: the certificate at the PAYPAL-CERT-URL of an event, in PEM format.',
      }),
    client_id: plainText(200).trim().optional().meta({
      title: 'Client ID',
      description:
        'Of the app. With the client secret, PayPal is asked where its certificate cannot be fetched.',
    }),
  }),
  secrets: z.object({
    client_secret: plainText(200)
      .trim()
      .optional()
      .meta({ title: 'Client secret', description: 'Of the app.' }),
  }),
  generate: {},
  scopes: PROVIDER_SCOPES,
  inbound: [events],
  canRepeat: true,
  test: (values) => Promise.resolve(testSettings(values)),
};

function testSettings({ settings }: ConnectionValues): TestResult {
  const { webhook_id: webhookId, certificate } = settings;
  if (!webhookId) return { ok: false, message: NEEDS_WEBHOOK_ID };
  if (typeof certificate === 'string' && certificate !== '') {
    const pasted = pastedKey(certificate, Date.now());
    if ('problem' in pasted) return { ok: false, message: pasted.problem };
  }
  return {
    ok: true,
    message: 'Ready: the first event of PayPal shows whether the webhook ID is right. Nothing was sent.',
  };
}
