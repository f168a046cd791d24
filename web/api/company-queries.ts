import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { recordQueries } from './record-queries.ts';

export const companies = recordQueries('companies');

/** The oldest company with this name, ignoring case; null if none exists. */
export const companyByNameQuery = (name: string) =>
  queryOptions({
    queryKey: [companies.plural, 'name', name],
    queryFn: async ({ signal }) => {
      const query = { name, sort: 'created_at', limit: 1 } as const;
      return (await dataOf(api.GET('/api/v1/companies', { params: { query }, signal }))).data[0] ?? null;
    },
  });
