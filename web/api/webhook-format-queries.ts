import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components } from './schema.d.ts';

/** A webhook format with its defaults. */
export type WebhookFormat = components['schemas']['WebhookFormat'];

export const webhookFormatsQuery = queryOptions({
  queryKey: ['webhook-formats'],
  queryFn: async ({ signal }) =>
    (await call<{ data: WebhookFormat[] }>('GET', '/webhook-formats', { signal })).data,
  staleTime: Infinity,
});
