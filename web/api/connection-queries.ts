import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, defined } from './client.ts';
import { parseExactJson } from './exact-json.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Connection = components['schemas']['Connection'];
export type ConnectionKind = components['schemas']['ConnectionKind'];
export type ConnectionField = components['schemas']['ConnectionField'];
export type ConnectionEvent = components['schemas']['ConnectionEvent'];
type ConnectionEventDetail = components['schemas']['ConnectionEventDetail'];
export type Outcome = ConnectionEvent['outcome'];

export const OUTCOMES = ['accepted', 'ignored', 'duplicate', 'refused'] as const satisfies readonly Outcome[];

/** How often to poll for requests, in milliseconds; faster while the first one is awaited. */
const POLL_INTERVAL_MS = 5_000;
const WAITING_INTERVAL_MS = 2_000;

export const connectionKindsQuery = queryOptions({
  queryKey: ['connection-kinds'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connection-kinds', { signal })),
  select: ({ data }) => data,
  staleTime: Infinity,
});

export const connectionsQuery = {
  ...listQuery(['connections', 'list'], { limit: 100 }, (cursor, signal) =>
    api.GET('/api/v1/connections', { params: { query: { limit: 100, ...cursor } }, signal }),
  ),
  refetchInterval: POLL_INTERVAL_MS,
};

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', 'one', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/connections/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) =>
      state.data?.state === 'waiting' ? WAITING_INTERVAL_MS : POLL_INTERVAL_MS,
  });

/** What a connection received, newest first, updated live; without the bodies. */
export const connectionEventsQuery = (id: string, outcome: Outcome | undefined) => {
  const query = defined({ limit: 25, outcome, payload: 'false' as const });
  return {
    ...listQuery(['connections', 'events', id], query, (cursor, signal) =>
      api.GET('/api/v1/connections/{id}/events', {
        params: { path: { id }, query: { ...query, ...cursor } },
        signal,
      }),
    ),
    refetchInterval: WAITING_INTERVAL_MS,
  };
};

/** An entry with its body, and the bodies of its unverified requests; numbers as they came. */
export const connectionEventQuery = (id: string, eventId: string) =>
  queryOptions({
    queryKey: ['connections', 'event', id, eventId],
    queryFn: async ({ signal }) => {
      const text = await dataOf(
        api.GET('/api/v1/connections/{id}/events/{eventId}', {
          params: { path: { id, eventId } },
          parseAs: 'text',
          signal,
        }),
      );
      return parseExactJson(text) as ConnectionEventDetail;
    },
    // It would copy the numbers.
    structuralSharing: false,
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
    mutationFn: (body: ConnectionInput) => dataOf(api.POST('/api/v1/connections', { body })),
    ...useInvalidation(),
  });

export const useUpdateConnection = (id: string) =>
  useMutation({
    mutationFn: (body: Partial<Omit<ConnectionInput, 'kind'>> & { active?: boolean }) =>
      dataOf(api.PATCH('/api/v1/connections/{id}', { params: { path: { id } }, body })),
    ...useInvalidation(),
  });

export const useRemoveConnection = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/connections/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });

/** The response contains a generated secret, this once only. */
export const useRotateConnectionSecret = (id: string) =>
  useMutation({
    mutationFn: (body: { name: string; secret?: string; overlap_s: number }) =>
      dataOf(api.POST('/api/v1/connections/{id}/rotate-secret', { params: { path: { id } }, body })),
    ...useInvalidation(),
  });

export const useTestConnection = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/connections/{id}/test', { params: { path: { id } } })),
  });

export type Reconciliation = components['schemas']['Reconciliation'];
export type ReconciledDifference = Reconciliation['differences'][number];

/** What was last read of a provider with a key, and what had been missed. */
export const reconciliationsQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', 'reconciliations', id],
    queryFn: async ({ signal }) => {
      const query = { connection_id: id, limit: MAX_RECONCILIATIONS };
      return (await dataOf(api.GET('/api/v1/payments/reconciliations', { params: { query }, signal }))).data;
    },
    refetchInterval: ({ state }) =>
      state.data?.some(({ finished_at: at }) => at === null) ? WAITING_INTERVAL_MS : false,
  });

const MAX_RECONCILIATIONS = 6;

/** Queues the reading of a provider. */
export const useReconcile = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/payments/reconciliations', { body: { connection_id: id } })),
    ...useInvalidation(),
  });

/** Handles an event of the log again; one that was applied before changes nothing. */
export const useApplyEvent = (id: string) =>
  useMutation({
    mutationFn: (eventId: string) =>
      dataOf(
        api.POST('/api/v1/connections/{id}/events/{eventId}/apply', { params: { path: { id, eventId } } }),
      ),
    ...useInvalidation(),
  });
