import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

export type ApiKey = components['schemas']['ApiKey'];
export type ApiKeyInput = operations['postApiKeys']['requestBody']['content']['application/json'];
export type ApiKeyChange = operations['patchApiKeysId']['requestBody']['content']['application/json'];

const KEY = ['api-keys'];

export const apiKeysQuery = listQuery(KEY, { limit: 100 }, (cursor, signal) =>
  api.GET('/api/v1/api-keys', { params: { query: { limit: 100, ...cursor } }, signal }),
);

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

/** The response contains the key, this once only. */
export const useCreateApiKey = () =>
  useMutation({
    mutationFn: (body: ApiKeyInput) => dataOf(api.POST('/api/v1/api-keys', { body })),
    ...useInvalidation(),
  });

export const useUpdateApiKey = () =>
  useMutation({
    mutationFn: ({ id, change }: { id: string; change: ApiKeyChange }) =>
      dataOf(api.PATCH('/api/v1/api-keys/{id}', { params: { path: { id } }, body: change })),
    ...useInvalidation(),
  });

export const useRevokeApiKey = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });
