import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

export type AuthorizedApp = components['schemas']['AuthorizedApp'];

const KEY = ['authorized-apps'];

export const authorizedAppsQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/authorized-apps', { signal }))).data,
});

export function useEndAppAccess() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/v1/authorized-apps/{id}', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
