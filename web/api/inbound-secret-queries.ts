import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A secret that authenticates another CRM. Only the create response contains the secret itself. */
export type InboundSecret = components['schemas']['InboundSecret'];

const KEY = ['inbound-secrets'];

export const inboundSecretsQuery = listQuery(KEY, { limit: 100 }, (cursor, signal) =>
  api.GET('/api/v1/inbound-secrets', { params: { query: { limit: 100, ...cursor } }, signal }),
);

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useCreateInboundSecret = () =>
  useMutation({
    mutationFn: (body: { name: string }) => dataOf(api.POST('/api/v1/inbound-secrets', { body })),
    ...useInvalidation(),
  });

export const useRemoveInboundSecret = () =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/v1/inbound-secrets/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });
