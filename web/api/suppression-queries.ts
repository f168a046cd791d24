import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Suppression = components['schemas']['Suppression'];
export type EmailTopic = components['schemas']['EmailTopic'];
export type EmailHit = components['schemas']['EmailHit'];

const SUPPRESSIONS_KEY = ['suppressions'];

/** @param email a whole address; '' for all */
export const suppressionsQuery = (email: string) =>
  listQuery(SUPPRESSIONS_KEY, { email }, (cursor, signal) =>
    api.GET('/api/v1/suppressions', { params: { query: { ...(email && { email }), ...cursor } }, signal }),
  );

export const emailTopicsQuery = queryOptions({
  queryKey: ['email-topics'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/email-topics', { signal }))).data,
});

export const emailHitsQuery = (id: string) =>
  listQuery(['emails', 'hits', id], {}, (cursor, signal) =>
    api.GET('/api/v1/emails/{id}/hits', { params: { path: { id }, query: cursor }, signal }),
  );

export const emailPreferencesQuery = (contactId: string) =>
  queryOptions({
    queryKey: ['contacts', 'email-preferences', contactId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/contacts/{id}/email-preferences', { params: { path: { id: contactId } }, signal }),
      ),
  });

function useInvalidation(queryKey: readonly string[]) {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey }) };
}

export const useAddSuppression = () =>
  useMutation({
    mutationFn: (body: { email: string; topic_id: string | null; note: string | null }) =>
      dataOf(api.POST('/api/v1/suppressions', { body })),
    ...useInvalidation(SUPPRESSIONS_KEY),
  });

export const useRemoveSuppression = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/suppressions/{id}', { params: { path: { id } } })),
    ...useInvalidation(SUPPRESSIONS_KEY),
  });

export const useAddEmailTopic = () =>
  useMutation({
    mutationFn: (name: string) => dataOf(api.POST('/api/v1/email-topics', { body: { name } })),
    ...useInvalidation(['email-topics']),
  });

export const useRemoveEmailTopic = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/email-topics/{id}', { params: { path: { id } } })),
    ...useInvalidation(['email-topics']),
  });
