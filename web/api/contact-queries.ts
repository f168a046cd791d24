import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { Page } from './list-query.ts';
import { recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Contact = components['schemas']['Contact'];
export type ContactInput = operations['postContacts']['requestBody']['content']['application/json'];

export const contacts = recordQueries<Contact, ContactInput>('contacts');

/** The oldest contact with this email, ignoring case; null if none exists. */
export const contactByEmailQuery = (email: string) =>
  queryOptions({
    queryKey: [contacts.plural, 'email', email],
    queryFn: async ({ signal }) => {
      const query = { email, sort: 'created_at', limit: 1 };
      return (await call<Page<Contact>>('GET', '/contacts', { query, signal })).data[0] ?? null;
    },
  });
