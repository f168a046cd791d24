import { recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Contact = components['schemas']['Contact'];
export type ContactInput = operations['postContacts']['requestBody']['content']['application/json'];

export const contacts = recordQueries<Contact, ContactInput>('contacts');
