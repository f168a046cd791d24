import { expect } from 'vitest';
import type { Scenario } from './scenario.ts';
import { tokenOf } from './visitor.ts';

export const SITE = 'https://www.acme.example';
export const FIELDS = [
  { key: 'first_name', label: 'First name', type: 'text', required: true },
  { key: 'email', label: 'Email', type: 'email', required: true },
  { key: 'phone', label: 'Phone', type: 'phone' },
  { key: 'event_date', label: 'Date', type: 'date' },
  { key: 'event_type', label: 'What is it?', type: 'select', options: ['Wedding', 'Birthday'] },
  { key: 'guests', label: 'Guests', type: 'number', maps_to: 'custom_fields.guests' },
  { key: 'newsletter', label: 'News', type: 'checkbox', maps_to: 'custom_fields.newsletter' },
  { key: 'hall', label: 'Hall', type: 'text' },
  { key: 'campaign', label: 'Campaign', type: 'hidden', value: 'spring' },
  { key: 'notes', label: 'Notes', type: 'textarea' },
];
export const JANE = { first_name: 'Jane', email: 'jane@acme.example' };

/** Creates a form; each test has its own, since visitors are counted by form. @returns its public id */
export async function makeForm(s: Scenario, more: object = {}): Promise<string> {
  const body = { name: 'Enquiries', fields: FIELDS, ...more };
  const { status, text, json } = await s.ask('POST', '/api/v1/forms', { body });
  expect(status, text).toBe(201);
  return json.id as string;
}

export async function submissionsOf(s: Scenario, id: string, spam = false) {
  return (await s.ask('GET', `/api/v1/forms/${id}/submissions?spam=${spam}`)).json.data;
}

/** The lead of the newest submission. */
export async function leadOf(s: Scenario, id: string) {
  return (await s.ask('GET', `/api/v1/leads/${(await submissionsOf(s, id))[0].lead_id}`)).json;
}

/** Sends a form as a browser without JavaScript does. */
export function sendPage(
  s: Scenario,
  id: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return fetch(`${s.url}/f/${id}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: s.url, ...headers },
    body: new URLSearchParams({ _token: tokenOf(id), ...fields }),
  });
}
