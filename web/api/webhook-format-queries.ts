import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** A webhook format with its defaults. */
export type WebhookFormat = components['schemas']['WebhookFormat'];

export const webhookFormatsQuery = queryOptions({
  queryKey: ['webhook-formats'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/webhook-formats', { signal }))).data,
  staleTime: Infinity,
});
