import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

export type Webhook = components['schemas']['Webhook'];
export type WebhookInput = operations['postWebhooks']['requestBody']['content']['application/json'];
export type WebhookChange = operations['patchWebhooksId']['requestBody']['content']['application/json'];

export const webhooksQuery = listQuery<Webhook>(['webhooks', 'list'], '/webhooks');

/** Polled every 5 s: the webhook may be disabled at any time. */
export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: ({ signal }) => call<Webhook>('GET', `/webhooks/${id}`, { signal }),
    refetchInterval: 5_000,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }) };
}

/** The response contains the signing secret, this once only. */
export const useCreateWebhook = () =>
  useMutation({
    mutationFn: (body: WebhookInput) => call<Webhook>('POST', '/webhooks', { body }),
    ...useInvalidation(),
  });

export const useUpdateWebhook = (id: string) =>
  useMutation({
    mutationFn: (change: WebhookChange) => call<Webhook>('PATCH', `/webhooks/${id}`, { body: change }),
    ...useInvalidation(),
  });

export const useRemoveWebhook = (id: string) =>
  useMutation({ mutationFn: () => call<void>('DELETE', `/webhooks/${id}`), ...useInvalidation() });

export interface SecretChange {
  secret?: string | null;
  /** In formats with `signatures`: HMAC or Ed25519. */
  signature?: 'v1' | 'v1a';
  overlap_s?: number;
}

/** The response contains the new signing secret, this once only. */
export const useRotateSecret = (id: string) =>
  useMutation({
    mutationFn: (body: SecretChange) => call<Webhook>('POST', `/webhooks/${id}/rotate-secret`, { body }),
    ...useInvalidation(),
  });

export interface SentTest {
  delivery_id: string;
  event_type: string;
}

/** Sends `webhook.test` or a sample event of the type. */
export const useSendTest = (id: string) =>
  useMutation({
    mutationFn: (eventType: string) =>
      call<SentTest>('POST', `/webhooks/${id}/test`, { body: { event_type: eventType } }),
    ...useInvalidation(),
  });

/** Makes all pending retries of all webhooks due now. */
export const useSendPending = () =>
  useMutation({
    mutationFn: () => call<{ pending: number; webhooks: number }>('POST', '/webhooks/send-pending'),
    ...useInvalidation(),
  });
