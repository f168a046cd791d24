import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

export type Webhook = components['schemas']['Webhook'];
export type WebhookInput = operations['postWebhooks']['requestBody']['content']['application/json'];
export type WebhookChange = operations['patchWebhooksId']['requestBody']['content']['application/json'];

export const webhooksQuery = listQuery(['webhooks', 'list'], {}, (cursor, signal) =>
  api.GET('/api/v1/webhooks', { params: { query: cursor }, signal }),
);

/** Polled every 5 s: the webhook may be disabled at any time. */
export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } }, signal })),
    refetchInterval: 5_000,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }) };
}

/** The response contains the signing secret, this once only. */
export const useCreateWebhook = () =>
  useMutation({
    mutationFn: (body: WebhookInput) => dataOf(api.POST('/api/v1/webhooks', { body })),
    ...useInvalidation(),
  });

export const useUpdateWebhook = (id: string) =>
  useMutation({
    mutationFn: (change: WebhookChange) =>
      dataOf(api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id } }, body: change })),
    ...useInvalidation(),
  });

export const useRemoveWebhook = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });

export interface SecretChange {
  secret?: string | null;
  /** In formats with `signatures`: HMAC or Ed25519. */
  signature?: 'v1' | 'v1a';
  overlap_s?: number;
}

/** The response contains the new signing secret, this once only. */
export const useRotateSecret = (id: string) =>
  useMutation({
    mutationFn: (body: SecretChange) =>
      dataOf(api.POST('/api/v1/webhooks/{id}/rotate-secret', { params: { path: { id } }, body })),
    ...useInvalidation(),
  });

/** Sends `webhook.test` or a sample event of the type. */
export const useSendTest = (id: string) =>
  useMutation({
    mutationFn: (eventType: string) =>
      dataOf(
        api.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } }, body: { event_type: eventType } }),
      ),
    ...useInvalidation(),
  });

/** Makes all pending retries of all webhooks due now. */
export const useSendPending = () =>
  useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/webhooks/send-pending')),
    ...useInvalidation(),
  });
