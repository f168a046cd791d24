import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

export type ApiKey = components['schemas']['ApiKey'];
export type ApiKeyInput = operations['postApiKeys']['requestBody']['content']['application/json'];
export type ApiKeyChange = operations['patchApiKeysId']['requestBody']['content']['application/json'];

const KEY = ['api-keys'];

export const apiKeysQuery = listQuery<ApiKey>(KEY, '/api-keys', { limit: 100 });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

/** The response contains the key, this once only. */
export const useCreateApiKey = () =>
  useMutation({
    mutationFn: (body: ApiKeyInput) => call<ApiKey>('POST', '/api-keys', { body }),
    ...useInvalidation(),
  });

export const useUpdateApiKey = () =>
  useMutation({
    mutationFn: ({ id, change }: { id: string; change: ApiKeyChange }) =>
      call<ApiKey>('PATCH', `/api-keys/${id}`, { body: change }),
    ...useInvalidation(),
  });

export const useRevokeApiKey = () =>
  useMutation({ mutationFn: (id: string) => call<void>('DELETE', `/api-keys/${id}`), ...useInvalidation() });
