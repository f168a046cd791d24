import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A secret that authenticates another CRM. Only the create response contains the secret itself. */
export type InboundSecret = components['schemas']['InboundSecret'];

const KEY = ['inbound-secrets'];

export const inboundSecretsQuery = listQuery<InboundSecret>(KEY, '/inbound-secrets', { limit: 100 });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useCreateInboundSecret = () =>
  useMutation({
    mutationFn: (body: { name: string }) => call<InboundSecret>('POST', '/inbound-secrets', { body }),
    ...useInvalidation(),
  });

export const useRemoveInboundSecret = () =>
  useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/inbound-secrets/${id}`),
    ...useInvalidation(),
  });
