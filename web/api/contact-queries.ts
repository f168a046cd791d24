import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type Contact = components['schemas']['Contact'];

export const contacts = recordQueries('contacts');

/** The oldest contact with this email, ignoring case; null if none exists. */
export const contactByEmailQuery = (email: string) =>
  queryOptions({
    queryKey: [contacts.plural, 'email', email],
    queryFn: async ({ signal }) => {
      const query = { email, sort: 'created_at', limit: 1 } as const;
      return (await dataOf(api.GET('/api/v1/contacts', { params: { query }, signal }))).data[0] ?? null;
    },
  });
