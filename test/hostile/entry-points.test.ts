import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';
import { tokenOf } from '../kit/visitor.ts';
import { filled, HOLE } from './example.ts';
import { HOSTILE_BODIES, HOSTILE_VALUES } from './values.ts';

let s: Scenario;
let secret: string;
let form: string;
let inbox: string;
/** Inbound URLs of connections by kind; their secret is `secret`. */
const connections: Record<string, string> = {};

beforeAll(async () => {
  s = await startScenario({
    FAIRLEAD_SERVICES: 'api',
    FAIRLEAD_LEADS_PER_HOUR: '0',
    FAIRLEAD_TRUST_PROXY: '127.0.0.1',
  });
  const made = async (path: string, body: object) => (await s.ask('POST', `/api/v1/${path}`, { body })).json;
  secret = (await made('inbound-secrets', { name: 'other systems' })).secret;
  inbox = (await made('inboxes', { name: 'Inbox' })).url;
  for (const [kind, name] of Object.entries(CONNECTION_SECRETS)) {
    const { urls } = await made('connections', { kind, name: kind, secrets: { [name]: secret } });
    connections[kind] = urls[0].url;
  }
  const types = ['text', 'email', 'phone', 'date', 'number', 'checkbox', 'textarea'];
  const fields = [
    ...types.map((type) => ({ key: type, label: type, type })),
    { key: 'select', label: 'select', type: 'select', options: ['a', 'b'] },
    { key: 'amount', label: 'amount', type: 'number', maps_to: 'custom_fields.amount' },
  ];
  form = (await made('forms', { name: 'Form', fields })).id;
});
afterAll(() => s.stop());

/** An entry point without an API key, its input, and the parts of it where a hostile value is placed. */
interface EntryPoint {
  name: string;
  path: () => string;
  headers(raw: string): Record<string, string>;
  bodies: unknown[];
}

const CONNECTION_SECRETS = {
  crm: 'webhook_secret',
  typeform: 'webhook_secret',
  'google-ads': 'google_key',
};

let visits = 0;
/** Each from a different address: visitors of one address are limited. */
const fromElsewhere = () => ({
  'x-forwarded-for': `203.0.${(visits += 1) % 250}.${Math.floor(visits / 250)}`,
});

const LEAD = { name: 'Jane Doe', email: 'jane@example.com' };
const TYPEFORM = (answer: object, more: object = {}) => ({
  event_id: 'evt-1',
  event_type: 'form_response',
  form_response: {
    answers: [
      { type: 'email', email: 'jane@example.com', field: { id: 'a', ref: 'email' } },
      { field: { id: 'b', ref: 'question' }, ...answer },
    ],
    ...more,
  },
});
const COLUMN = { column_id: 'EMAIL', string_value: 'jane@example.com' };

const ENTRY_POINTS: EntryPoint[] = [
  {
    name: 'POST /webhooks/crm/lead',
    path: () => '/webhooks/crm/lead',
    headers: () => ({ authorization: `Bearer ${secret}` }),
    bodies: [
      { crm_lead_id: HOLE },
      { crm_lead_id: 'a', event_type: HOLE },
      { crm_lead_id: 'a', anything: HOLE },
    ],
  },
  {
    name: 'POST /webhooks/typeform/:secret',
    path: () => `/webhooks/typeform/${secret.slice(0, 12)}`,
    headers: (raw) => ({
      'typeform-signature': `sha256=${createHmac('sha256', secret).update(raw).digest('base64')}`,
    }),
    bodies: [
      { ...TYPEFORM({ type: 'text', text: 'x' }), event_id: HOLE },
      { ...TYPEFORM({ type: 'text', text: 'x' }), event_type: HOLE },
      { ...TYPEFORM({ type: 'text', text: 'x' }), form_response: HOLE },
      TYPEFORM({ type: 'text', text: HOLE }),
      TYPEFORM({ type: 'number', number: HOLE }),
      TYPEFORM({ type: HOLE }),
      TYPEFORM({ type: 'choice', choice: { label: HOLE } }),
      TYPEFORM({ type: 'text', text: 'x' }, { hidden: { utm_source: HOLE, name: HOLE } }),
      TYPEFORM({ type: 'text', text: 'x' }, { definition: { fields: [{ id: HOLE, title: HOLE }] } }),
    ],
  },
  {
    name: 'POST /webhooks/google-ads',
    path: () => '/webhooks/google-ads',
    headers: () => ({}),
    bodies: [
      { google_key: HOLE, lead_id: 'a', user_column_data: [COLUMN] },
      { google_key: '@@secret@@', lead_id: HOLE, user_column_data: [COLUMN] },
      { google_key: '@@secret@@', lead_id: 'a', user_column_data: HOLE },
      { google_key: '@@secret@@', lead_id: 'a', user_column_data: [COLUMN], campaign_id: HOLE },
      {
        google_key: '@@secret@@',
        lead_id: 'a',
        user_column_data: [COLUMN, { column_id: HOLE, column_name: HOLE, string_value: HOLE }],
      },
    ],
  },
  {
    name: 'POST /f/:id in JSON',
    path: () => `/f/${form}`,
    headers: fromElsewhere,
    bodies: [
      ...['text', 'email', 'phone', 'date', 'number', 'checkbox', 'textarea', 'select', 'amount'].map(
        (key) => ({ _token: '@@token@@', email: 'jane@example.com', [key]: HOLE }),
      ),
      { _token: HOLE, email: 'jane@example.com' },
      { _token: '@@token@@', email: 'jane@example.com', _page: HOLE, _proof: HOLE, _consent: HOLE },
      { _token: '@@token@@', email: 'jane@example.com', utm_source: HOLE, unknown: HOLE },
    ],
  },
];

function expectAnswered({ status, text }: Reply, what: string): void {
  expect(status, `${what}: ${text}`).toBeLessThan(500);
  expect(status, what).not.toBe(429);
}

/** The same requests, to connections. */
const OF_CONNECTIONS = Object.keys(CONNECTION_SECRETS).map((kind, at) => ({
  ...ENTRY_POINTS[at]!,
  name: `POST /webhooks/${kind}/:connection`,
  path: () => connections[kind]!,
}));

describe.each([...ENTRY_POINTS, ...OF_CONNECTIONS])('$name', ({ path, headers, bodies }) => {
  const send = (template: string) => {
    const raw = template.replaceAll('@@secret@@', secret).replaceAll('@@token@@', tokenOf(form));
    return s.ask('POST', path(), { as: null, raw, headers: headers(raw) });
  };

  test('accepts no hostile value', async () => {
    for (const [at, body] of bodies.entries())
      for (const { name, json } of HOSTILE_VALUES)
        expectAnswered(await send(filled(body, json)), `body ${at} with ${name}`);
  });

  test('accepts no hostile body', async () => {
    for (const { name, raw } of HOSTILE_BODIES) {
      if (typeof raw === 'string') expectAnswered(await send(raw), name);
      else {
        const options = { as: null, raw, headers: headers(Buffer.from(raw).toString('latin1')) };
        expectAnswered(await s.ask('POST', path(), options), name);
      }
    }
  });
});

test('a form page is shown whatever its query contains', async () => {
  for (const { query, name } of HOSTILE_VALUES) {
    if (query === undefined) continue;
    for (const parameter of ['text', 'email', '_page', 'utm_source', 'embed', 'scheme', 'other']) {
      const reply = await s.ask('GET', `/f/${form}?${parameter}=${query}`, { as: null });
      expect(reply.status, `${parameter} is ${name}`).toBe(200);
    }
  }
});

test('a form sent by a browser accepts no hostile value', async () => {
  for (const { query, name } of HOSTILE_VALUES) {
    if (query === undefined) continue;
    for (const key of ['text', 'email', 'date', 'number', 'amount', 'select', '_page', 'utm_source']) {
      const raw = `_token=${tokenOf(form)}&email=jane%40example.com&${key}=${query}`;
      const reply = await s.ask('POST', `/f/${form}`, {
        as: null,
        raw,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...fromElsewhere() },
      });
      expectAnswered(reply, `${key} is ${name}`);
    }
  }
});

test('a lead sent as a form accepts no hostile value', async () => {
  for (const { query, name } of HOSTILE_VALUES) {
    if (query === undefined) continue;
    for (const key of ['name', 'email', 'phone', 'event_date', 'event_type', 'source', 'tags', 'other']) {
      const fields = { ...LEAD, phone: '+15551234567', event_date: '2026-08-15' };
      const input = new URLSearchParams({ ...fields });
      input.delete(key);
      const reply = await s.ask('POST', '/api/v1/leads', {
        raw: `${input.toString()}&${key}=${query}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expectAnswered(reply, `${key} is ${name}`);
    }
  }
});

test('a test inbox stores anything', async () => {
  for (const { raw, name } of HOSTILE_BODIES)
    expectAnswered(await s.ask('POST', inbox, { as: null, raw }), name);
});

test('whatever was stored, every list of it can be read', async () => {
  const inboxId = (await s.ask('GET', '/api/v1/inboxes')).json.data[0].id;
  const leads = (await s.ask('GET', '/api/v1/leads?limit=200')).json.data as { id: string }[];
  expect(leads.length).toBeGreaterThan(50);
  const paths = [
    '/api/v1/crm-activities?limit=200',
    `/api/v1/forms/${form}/submissions?limit=200`,
    `/api/v1/forms/${form}/submissions?spam=true&limit=200`,
    `/api/v1/inboxes/${inboxId}/requests`,
    '/api/v1/events?limit=200',
    '/api/v1/event-log?limit=200',
    ...Object.values(connections).map(
      (url) => `/api/v1/connections/${url.split('/').at(-1)}/events?limit=200`,
    ),
    ...leads.slice(0, 100).flatMap(({ id }) => [`/api/v1/leads/${id}/submissions`, `/analytics/leads/${id}`]),
  ];
  for (const path of paths) {
    const { status, text } = await s.ask('GET', path);
    expect(status, `${path}: ${text}`).toBe(200);
  }
});
