import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate } from './certificate.ts';
import { paypalHeaders } from './paypal.ts';
import type { PaymentCase } from './payment-case.ts';

const STRIPE_SECRET = 'whsec_test_secret_of_cases';
const WEBHOOK_ID = '1JE4291016473214C';
const certificate = makeCertificate({ subject: 'messageverificationcerts.paypal.com' });

/** The bodies of `POST /connections` for an account at each provider. */
export const PAYMENT_CONNECTIONS = {
  stripe: { kind: 'stripe', name: 'Stripe', secrets: { webhook_secret: STRIPE_SECRET } },
  paypal: {
    kind: 'paypal',
    name: 'PayPal',
    settings: { webhook_id: WEBHOOK_ID, certificate: certificate.pem },
  },
} as const;

type Provider = PaymentCase['provider'];

/** An event as its provider sends it, for one run of a paymentCase. */
export interface SentEvent {
  provider: Provider;
  type: string;
  text: string;
}

/** The events of a paymentCase with ids of their own. @param token takes the place of `~` */
export function eventsOf({ provider, events }: PaymentCase, token: string): SentEvent[] {
  return events.map((event) => ({
    provider,
    type: 'event_type' in event ? event.event_type : event.type,
    text: JSON.stringify(event).replaceAll('~', token),
  }));
}

/** The same event with another id: a provider may report one change twice. */
export function reportedAgain({ text, ...event }: SentEvent): SentEvent {
  return { ...event, text: text.replace(/"id":"(evt_|WH-)/, '"id":"$1again') };
}

function headersOf({ provider, text }: SentEvent): Record<string, string> {
  if (provider === 'paypal') return paypalHeaders({ body: text, webhookId: WEBHOOK_ID, certificate });
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', STRIPE_SECRET).update(`${time}.${text}`).digest('hex');
  return { 'stripe-signature': `t=${time},v1=${signature}` };
}

/** Sends an event once. @returns the status, and the response body; the status is 0 without a response */
export async function sendEvent(url: string, event: SentEvent): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(event) },
      body: event.text,
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: '' };
  }
}

/** Sends an event until it is accepted, as a provider does. Throws if it is refused. */
export async function sendUntilAccepted(url: string, event: SentEvent): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { status, text } = await sendEvent(url, event);
    if (status === 200) return;
    if (status !== 0 && status !== 503) throw new Error(`${event.type} was answered ${status}: ${text}`);
    await sleep(20);
  }
  throw new Error(`${event.type} was not accepted`);
}
