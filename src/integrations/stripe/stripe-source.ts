import type { ConnectionValues } from '../../connections/connection-kind.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { ProviderReader, ProviderReading, ProviderSource } from '../../payments/provider-source.ts';
import { makeStripeApi, type StripeApi } from './stripe-api.ts';
import { factsOf, factsOfObject, readEvent } from './stripe-event.ts';
import { itemsOf, textOf, type StripeObject } from './stripe-object.ts';

/** Stripe keeps events for 30 days. */
const EVENTS_MS = 30 * 86_400_000;

/** The lists that are read, in an order in which what others refer to comes first. */
const LISTS: readonly { path: string; kind: string; query?: string }[] = [
  { path: 'customers', kind: 'customer' },
  { path: 'subscriptions', kind: 'subscription', query: 'status=all' },
  { path: 'invoices', kind: 'invoice', query: 'status=paid&expand[]=data.payments' },
  { path: 'payment_intents', kind: 'payment_intent', query: 'expand[]=data.latest_charge' },
  {
    path: 'charges',
    kind: 'charge',
    query: 'expand[]=data.balance_transaction&expand[]=data.refunds',
  },
  { path: 'disputes', kind: 'dispute' },
];

/** Reads an account with its restricted key (PM5). */
export const stripeSource: ProviderSource = {
  kind: 'stripe',
  open(values: ConnectionValues, http: HttpClient): ProviderReader | null {
    const api = makeStripeApi(http, values);
    if (!api) return null;
    const isLive = values.settings['mode'] !== 'test';
    return {
      events: (since, signal) => readEvents(api, Math.max(since, Date.now() - EVENTS_MS), isLive, signal),
      objects: (since, signal) => readObjects(api, since, isLive, signal),
    };
  },
};

async function* readEvents(
  api: StripeApi,
  since: number,
  isLive: boolean,
  signal: AbortSignal,
): AsyncIterable<ProviderReading> {
  for await (const item of pages(api, `/v1/events?${createdSince(since)}`, signal)) {
    const event = readEvent(item);
    if (!event || event.isLive === !isLive) continue;
    const { id: externalId, type, createdAt } = event;
    yield { event: { externalId, type, createdAt }, facts: () => factsOf(event) };
  }
}

async function* readObjects(
  api: StripeApi,
  since: number,
  isLive: boolean,
  signal: AbortSignal,
): AsyncIterable<ProviderReading> {
  for (const { path, kind, query } of LISTS) {
    const url = `/v1/${path}?${createdSince(since)}${query === undefined ? '' : `&${query}`}`;
    for await (const object of pages(api, url, signal)) {
      if (object['livemode'] === !isLive) continue;
      // Stripe's clock counts whole seconds; an event of this second is as new.
      const at = Math.floor(Date.now() / 1000) * 1000;
      yield {
        event: { externalId: null, type: kind, createdAt: at },
        facts: () => factsOfObject(kind, { object, at, eventId: '', type: null }),
      };
    }
  }
}

function createdSince(since: number): string {
  return `created[gte]=${Math.floor(since / 1000)}&limit=100`;
}

/** All items of a list, page by page. */
async function* pages(api: StripeApi, url: string, signal: AbortSignal): AsyncIterable<StripeObject> {
  let after: string | null = null;
  do {
    signal.throwIfAborted();
    const page: StripeObject = await api.get(after === null ? url : `${url}&starting_after=${after}`);
    const items = itemsOf(page, 'data');
    yield* items;
    after = page['has_more'] === true && items.length > 0 ? textOf(items.at(-1)!, 'id') : null;
  } while (after !== null);
}
