import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type {
  ConnectionKind,
  ConnectionValues,
  InboundHandler,
  InboundResult,
} from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { PROVIDER_SCOPES } from '../../payments/provider-fact.ts';
import type { ConnectionServices } from '../integration.ts';
import { makeStripeApi } from './stripe-api.ts';
import { factsOf, factsOfObject, readEvent, STRIPE_EVENTS, type StripeEvent } from './stripe-event.ts';
import { stripeSignature, verifySignature } from './stripe-signature.ts';

const IGNORED = '{"status":"ignored"}';
const NO_SECRET = 'no_secret: paste the signing secret of the endpoint, which begins with whsec_.';

/** An invoice with many lines has several 100 kB, and many fields. */
const MAX_BYTES = 1024 * 1024;

type Received = ConnectionValues & { workspaceId: Uuid; id: Uuid };

const events = {
  path: '',
  label: 'Endpoint URL',
  maxBytes: MAX_BYTES,
  verify(request, { secrets }) {
    const secret = secrets['webhook_secret'];
    const problem = verifySignature(request, secret ?? '', Date.now());
    return secret === undefined ? NO_SECRET : problem;
  },
  summarize({ body }) {
    const event = readEvent(body);
    return { type: event?.type ?? null, externalId: event?.id ?? null };
  },
  async handle({ body }, connection, services) {
    const event = readEvent(body);
    if (!event)
      throw new ApiError('validation_error', 'The body is no event of Stripe: it has no id or no type.');
    return handleEvent(event, connection, services);
  },
} satisfies InboundHandler<ConnectionServices>;

async function handleEvent(
  event: StripeEvent,
  { workspaceId, id, settings, secrets }: Received,
  services: ConnectionServices,
): Promise<InboundResult> {
  const isLive = settings['mode'] !== 'test';
  if (event.isLive !== null && event.isLive !== isLive) {
    const [sent, own] = event.isLive ? ['live', 'test'] : ['test', 'live'];
    return ignored(`mode: an event of ${sent} mode came to a connection of ${own} mode.`);
  }
  const facts = event.object ? factsOf(event) : await fetchedFacts(event, { settings, secrets }, services);
  if (typeof facts === 'string') return ignored(facts);
  if (facts.length === 0) return ignored(`Events of the type ${event.type} are not used.`);
  const { id: externalId, type, createdAt } = event;
  const connection = { workspaceId, id, kind: stripeConnection.name, settings };
  return services.payments.apply(connection, { externalId, type, createdAt }, facts);
}

function ignored(reason: string): InboundResult {
  return { outcome: 'ignored', reason: reason.slice(0, 300), answer: IGNORED };
}

/** A thin event has the address of its object. @returns the facts of the object as it is now, or why there are none */
async function fetchedFacts(
  { related, type }: StripeEvent,
  values: ConnectionValues,
  { http }: ConnectionServices,
) {
  const api = makeStripeApi(http, values);
  if (!api)
    return 'thin_event: it has no data. Choose snapshot payloads for the endpoint, or add a restricted key.';
  if (!related) return `Events of the type ${type} are not used.`;
  // Without it, a charge does not say which refunds it has.
  const query = related.type === 'charge' ? '?expand[]=refunds' : '';
  const object = await api.get(related.url + query);
  return factsOfObject(String(object['object']), { object, at: Date.now(), eventId: '', type: null });
}

/** Payments and subscriptions of a Stripe account (PM1). */
export const stripeConnection: ConnectionKind<ConnectionServices> = {
  name: 'stripe',
  label: 'Stripe',
  description: 'Payments, refunds, disputes and subscriptions are recorded, and matched to contacts.',
  docs: 'docs/integrations/stripe.md',
  steps: [
    'In Stripe, open Developers → Webhooks → Add destination, choose events of your account and snapshot payloads.',
    'Select the events of the list below.',
    'Paste the endpoint URL, create the destination, reveal its signing secret, and paste that here.',
    'Optional: create a restricted key that can read charges, payment intents, customers, invoices, subscriptions, disputes and events. With it, earlier payments are read, and missed ones are found.',
  ],
  events: STRIPE_EVENTS,
  settings: z.object({
    mode: z
      .enum(['live', 'test'])
      .default('live')
      .meta({ title: 'Mode', description: 'Events of the other mode are ignored.' }),
    create_contact: z.boolean().default(true).meta({
      title: 'Create contacts',
      description: 'Whether a payer whom nobody knows becomes a contact with the status customer.',
    }),
    history_days: z.int().min(0).max(3650).default(90).meta({
      title: 'Days of history',
      description: 'With a restricted key: how far back earlier payments are recorded. They fire nothing.',
    }),
  }),
  secrets: z.object({
    webhook_secret: plainText(500)
      .trim()
      .regex(/^whsec_\S+$/, 'must begin with whsec_')
      .optional()
      .meta({
        title: 'Signing secret',
        description:
          'Of the endpoint in Stripe. Stripe shows it once the endpoint has the URL of this connection.',
      }),
    api_key: plainText(500)
      .trim()
      .regex(/^(rk|sk)_\S+$/, 'must be a restricted key, which begins with rk_')
      .optional()
      .meta({ title: 'Restricted key', description: 'Optional, with read access only.' }),
  }),
  generate: {},
  scopes: PROVIDER_SCOPES,
  inbound: [events],
  canRepeat: true,
  test: (values) => {
    const secret = values.secrets['webhook_secret'];
    if (secret === undefined) return Promise.resolve({ ok: false, message: NO_SECRET });
    const body = { id: 'evt_test', object: 'event', type: 'test' };
    const headers = { 'stripe-signature': stripeSignature(secret, JSON.stringify(body), Date.now()) };
    return testWithSample(events, { headers, body }, values);
  },
};
