import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';
import { bodiesWithHole, exampleOf, filled, HOLE, type Document, type Operation } from './example.ts';
import { HOSTILE_BODIES, HOSTILE_HEADERS, HOSTILE_SEGMENTS, HOSTILE_VALUES } from './values.ts';

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document;

let s: Scenario;
/** By path up to its parameter: the id of an existing object, so that a body reaches the store. */
const made = new Map<string, string>();

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  await makeOneOfEach();
});
afterAll(() => s.stop());

async function makeOneOfEach(): Promise<void> {
  const make = async (plural: string, body: object): Promise<string> => {
    const { status, text, json } = await s.ask('POST', `/api/v1/${plural}`, { body });
    expect(status, `${plural}: ${text}`).toBe(201);
    made.set(`/api/v1/${plural}/`, json.id ?? json.name);
    return json.id;
  };
  const contact = await make('contacts', { first_name: 'Jane' });
  made.set('/api/v1/activities/', contact);
  await make('companies', { name: 'Acme' });
  await make('deals', { name: 'Deal' });
  await make('tasks', { title: 'Task' });
  const lead = await make('leads', {
    name: 'Jane Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
    event_date: '2026-08-15',
  });
  made.set('/analytics/leads/', lead);
  await make('pipelines', { name: 'Sales', stages: [{ name: 'New' }] });
  await make('tags', { name: 'Tag' });
  await make('lead-statuses', { name: 'Waiting' });
  await make('lead-sources', { name: 'Fair' });
  await make('lead-event-types', { name: 'Gala' });
  await make('forms', { name: 'Form', fields: [{ key: 'email', label: 'Email', type: 'email' }] });
  await make('webhooks', { name: 'Hook', url: 'https://example.com/', events: ['contact.created'] });
  await make('inboxes', { name: 'Inbox' });
  await make('inbound-secrets', { name: 'Secret' });
  await make('api-keys', { name: 'Key' });
  const schema = { type: 'object', properties: { number: { type: 'string' } } };
  await make('custom-event-types', { name: 'parcel.sent', schema, sample: { number: 'A1' } });
  const { json } = await s.ask('GET', '/api/v1/event-log');
  made.set('/api/v1/events/', json.data[0].id);
  made.set('/api/v1/event-types/', 'contact.created');
}

/** The path with ids of existing objects. */
function pathOf(template: string): string {
  return template.replaceAll(/(.*?)\{\w+\}/g, (_whole, before: string) => {
    return before + (made.get(before) ?? '01976d3c-0000-7000-8000-000000000000');
  });
}

/** Expects a response that names the problem, in an error format of the API, and is no 5xx. */
function expectAnswered({ status, json, headers }: Reply, what: string): void {
  // Mail is not configured here.
  expect(json?.error?.code === 'not_configured' ? 400 : status, what).toBeLessThan(500);
  if (status < 400) return;
  expect(headers.get('x-request-id'), what).toBeTruthy();
  expect(json?.error, what).toBeDefined();
}

/** Deletions come last: deleted objects accept no body. */
const OPERATIONS = Object.entries(document.paths)
  .flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  )
  .toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));
const isStream = (path: string) => path === '/api/v1/events/stream';

const AT_ONCE = 6;

/** Requests wait for the disk more than they compute: a few at once take less than half of the time. */
async function someAtOnce<Item>(items: readonly Item[], ask: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(ask));
}

/** Whether the whole request, or each item of a batch, was rejected. */
function isRefused({ status, json }: Reply): boolean {
  if (status >= 400) return true;
  const results = json?.results as { status: number }[] | undefined;
  return results !== undefined && results.every((item) => item.status >= 400);
}

describe.each(OPERATIONS)('$method $path', ({ path, method, operation }) => {
  const body = operation.requestBody?.content['application/json']?.schema;

  test.runIf(body !== undefined)('accepts no hostile value in a field of its body', async () => {
    for (const { field, body: holed, isReadOnly } of bodiesWithHole(document, body!)) {
      await someAtOnce(HOSTILE_VALUES, async (value) => {
        const what = `${field} is ${value.name}`;
        const reply = await askInside(method, pathOf(path), filled(holed, value.json));
        expectAnswered(reply, what);
        expect(isRefused(reply) || isReadOnly || !value.isUnstorable, what).toBe(true);
      });
    }
  });

  test.runIf(body !== undefined)('accepts no hostile body', async () => {
    for (const { name, raw } of HOSTILE_BODIES)
      expectAnswered(await s.ask(method, pathOf(path), { raw }), name);
  });

  test('accepts no hostile value in its query', async () => {
    const url = isStream(path) ? `${pathOf(path)}?after=evt_x` : pathOf(path);
    for (const name of [...queryNames(operation), 'unknown']) {
      await someAtOnce(HOSTILE_VALUES, async ({ query, name: called }) => {
        if (query === undefined || (method === 'DELETE' && name === 'unknown')) return;
        const separator = url.includes('?') ? '&' : '?';
        const reply = await askInside(method, `${url}${separator}${encodeURIComponent(name)}=${query}`);
        expectAnswered(reply, `${name} is ${called}`);
      });
    }
  });

  test.runIf(path.includes('{'))('accepts no hostile segment in its path', async () => {
    for (const segment of HOSTILE_SEGMENTS) {
      const reply = await s.ask(
        method,
        path.replace(/\{\w+\}/, () => segment),
        {
          ...(body && { body: exampleOf(document, body) }),
        },
      );
      expectAnswered(reply, segment);
    }
  });

  test('accepts no hostile header', async () => {
    for (const [name, value] of HOSTILE_HEADERS) {
      const headers = { [name]: value };
      const reply = await askBriefly(method, pathOf(path), { headers, ...(body && { raw: '[]' }) });
      expectAnswered(reply, `${name}: ${value}`);
    }
  });
});

test.each(['contacts', 'deals'])('PATCH /%s/batch accepts no hostile value in an item', async (plural) => {
  const path = `/api/v1/${plural}`;
  const body = document.paths[`${path}/{id}`]!['patch']!.requestBody!.content['application/json']!.schema;
  const holes = [...bodiesWithHole(document, body, 1)].filter(({ isReadOnly }) => !isReadOnly);
  const tags = ['add', 'remove'].map((name) => ({ field: `tags.${name}`, body: { tags: { [name]: HOLE } } }));
  const items = [...holes, ...tags, { field: 'id', body: { id: HOLE } }];
  for (const { field, body: holed } of items) {
    await someAtOnce(HOSTILE_VALUES, async (value) => {
      const what = `${field} is ${value.name}`;
      const item = { id: made.get(`${path}/`), ...(holed as object) };
      const raw = filled({ records: [item] }, value.json);
      const reply = await s.ask('PATCH', `${path}/batch`, { raw });
      expectAnswered(reply, what);
      expect(isRefused(reply) || !value.isUnstorable, what).toBe(true);
    });
  }
});

test('whatever was stored, every list can be read, sorted, and reduced to some fields', async () => {
  for (const [key, plural] of RECORDS) {
    const { fields, title_sort: titleSort } = (await s.ask('GET', `/api/v1/objects/${key}`)).json;
    const sortable = (fields as { key: string; sortable: boolean }[]).filter((field) => field.sortable);
    const sorts = [titleSort, 'custom_fields.some_field', ...sortable.map((field) => field.key)];
    for (const sort of sorts) {
      for (const query of ['', '&fields=custom_fields.some_field', `&expand=${OWNERS[key] ?? 'owner_id'}`]) {
        let next: string | null = `/api/v1/${plural}?limit=20&sort=-${String(sort)}${query}`;
        for (let page = 0; next !== null && page < 4; page++) {
          const reply: Reply = await s.ask('GET', next);
          expect(reply.status, `${next}: ${reply.text}`).toBe(200);
          next = reply.json.next_url;
        }
      }
    }
  }
});

const RECORDS = [
  ['contact', 'contacts'],
  ['company', 'companies'],
  ['deal', 'deals'],
  ['task', 'tasks'],
  ['lead', 'leads'],
] as const;
const OWNERS: Readonly<Record<string, string>> = { task: 'assignee_id' };

test('whatever was stored, every list can be read', async () => {
  for (const { path, method, operation } of OPERATIONS) {
    if (method !== 'GET' || !queryNames(operation).includes('limit')) continue;
    const needed = (operation.parameters ?? []).filter((item) => item.in === 'query' && item.required);
    const query = needed.map(({ name }) => `${name}=a`).join('&');
    const { status, text } = await s.ask('GET', `${pathOf(path)}?${query}`);
    expect(OF_ALL, `${path}: ${text}`).toContain(status);
  }
});

/** Found, not found, or for signed-in users only. */
const OF_ALL = [200, 404, 403];

function queryNames(operation: Operation): string[] {
  return (operation.parameters ?? []).filter((item) => item.in === 'query').map(({ name }) => name);
}

/** The same without a socket, whose writing takes half of the time of a request that is refused. */
async function askInside(method: string, url: string, payload?: string): Promise<Reply> {
  const { statusCode, headers, body } = await s.server.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization: `Bearer ${s.alice.key}`,
      ...(payload !== undefined && { 'content-type': 'application/json' }),
    },
    ...(payload !== undefined && { payload }),
  });
  const found = new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const isJson = found.get('content-type')?.includes('json') === true && body !== '';
  return { status: statusCode, headers: found, text: body, json: isJson ? JSON.parse(body) : undefined };
}

/** A stream has no end: its response is its head. */
async function askBriefly(method: string, path: string, more: Parameters<Scenario['ask']>[2] = {}) {
  if (!path.startsWith('/api/v1/events')) return s.ask(method, path, more);
  const controller = new AbortController();
  const response = await fetch(s.url + path, {
    method,
    headers: { authorization: `Bearer ${s.alice.key}`, ...more.headers },
    signal: controller.signal,
  });
  const isStreaming = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStreaming ? '' : await response.text();
  if (isStreaming) controller.abort();
  const json = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, text, json } satisfies Reply;
}
