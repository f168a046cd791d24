import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Connection = components['schemas']['Connection'];
export type ConnectionKind = components['schemas']['ConnectionKind'];
export type ConnectionField = components['schemas']['ConnectionField'];
export type ConnectionEvent = components['schemas']['ConnectionEvent'];
export type Outcome = ConnectionEvent['outcome'];

export const OUTCOMES = ['accepted', 'ignored', 'duplicate', 'refused'] as const satisfies readonly Outcome[];

/** How often to poll for requests, in milliseconds; faster while the first one is awaited. */
const POLL_INTERVAL_MS = 5_000;
const WAITING_INTERVAL_MS = 2_000;

export const connectionKindsQuery = queryOptions({
  queryKey: ['connection-kinds'],
  queryFn: async ({ signal }) =>
    (await call<{ data: ConnectionKind[] }>('GET', '/connection-kinds', { signal })).data,
  staleTime: Infinity,
});

export const connectionsQuery = infiniteQueryOptions({
  ...listQuery<Connection>(['connections', 'list'], '/connections', { limit: 100 }),
  refetchInterval: POLL_INTERVAL_MS,
});

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', 'one', id],
    queryFn: ({ signal }) => call<Connection>('GET', `/connections/${id}`, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.state === 'waiting' ? WAITING_INTERVAL_MS : POLL_INTERVAL_MS,
  });

/** What a connection received, newest first, updated live. */
export const connectionEventsQuery = (id: string, outcome: Outcome | undefined) =>
  infiniteQueryOptions({
    ...listQuery<ConnectionEvent>(['connections', 'events', id], `/connections/${id}/events`, {
      limit: 25,
      outcome,
    }),
    refetchInterval: WAITING_INTERVAL_MS,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['connections'] }) };
}

export interface ConnectionInput {
  kind: string;
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

/** The response contains generated secrets, this once only. */
export const useCreateConnection = () =>
  useMutation({
    mutationFn: (body: ConnectionInput) => call<Connection>('POST', '/connections', { body }),
    ...useInvalidation(),
  });

export const useUpdateConnection = (id: string) =>
  useMutation({
    mutationFn: (body: Partial<Omit<ConnectionInput, 'kind'>> & { active?: boolean }) =>
      call<Connection>('PATCH', `/connections/${id}`, { body }),
    ...useInvalidation(),
  });

export const useRemoveConnection = (id: string) =>
  useMutation({ mutationFn: () => call<void>('DELETE', `/connections/${id}`), ...useInvalidation() });

/** The response contains a generated secret, this once only. */
export const useRotateConnectionSecret = (id: string) =>
  useMutation({
    mutationFn: (body: { name: string; secret?: string; overlap_s: number }) =>
      call<Connection>('POST', `/connections/${id}/rotate-secret`, { body }),
    ...useInvalidation(),
  });

export const useTestConnection = (id: string) =>
  useMutation({
    mutationFn: () => call<{ ok: boolean; message: string }>('POST', `/connections/${id}/test`),
  });
