import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCallers, type Caller } from '../../src/account/caller.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ApiError } from '../../src/base/errors.ts';
import { KEY_STYLES, SCOPES } from '../../src/catalogue.ts';
import { errorText } from '../../src/http/error-response.ts';
import type { Invocation } from '../../src/http/invoke.ts';
import type { Route } from '../../src/http/route.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

/** A route with what is sent to it. */
interface Call extends Omit<Invocation, 'caller'> {
  as?: Person;
}

const api = () => s.server.api!;

function routeOf(method: string, path: string): Route {
  const found = api().routes.find((route) => route.method === method && route.path === `/api/v1/${path}`);
  if (!found) throw new Error(`no route ${method} ${path}`);
  return found;
}

function callerOf({ key }: Person): Promise<Caller> {
  return makeCallers(s.db, systemClock, SCOPES, KEY_STYLES).authenticate(key);
}

/** Without what differs from request to request: its id, and the time. */
function comparable(text: string): string {
  return text
    .replace(/"request_id":"[^"]*"/, '"request_id":""')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-27T00:00:00.000Z');
}

/** Status, body and headers of the route, by invoke. */
async function invoked(route: Route, { as = s.alice, ...call }: Call) {
  const invocation = { address: '127.0.0.1', ...call, caller: await callerOf(as) };
  try {
    const { status, body, headers = {} } = await api().invoke(route, invocation);
    const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body);
    return { status, text: comparable(text), headers };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const text = errorText(error, route.errors, { id: '', headers: call.headers ?? {} });
    return { status: error.status, text: comparable(text), headers: error.headers };
  }
}

/** The same by HTTP. */
async function requested(route: Route, { as = s.alice, params = {}, query = {}, body, headers }: Call) {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  );
  const answer = await s.ask(route.method, search.size > 0 ? `${path}?${search.toString()}` : path, {
    as,
    ...(body !== undefined && { body }),
    ...(headers && { headers: headers as Record<string, string> }),
  });
  const names = ['etag', 'location', 'idempotent-replayed', 'retry-after', 'preference-applied'];
  return {
    status: answer.status,
    text: comparable(answer.text),
    headers: Object.fromEntries(names.flatMap((name) => [[name, answer.headers.get(name)] as const])),
  };
}

/** Both answers are the same; returns it. */
async function expectSame(route: Route, call: Call) {
  const [byHttp, byInvoke] = [await requested(route, call), await invoked(route, call)];
  const about = `${route.method} ${route.path}`;
  expect([byInvoke.status, byInvoke.text], about).toEqual([byHttp.status, byHttp.text]);
  for (const [name, value] of Object.entries(byHttp.headers))
    expect(byInvoke.headers[name as 'etag'] ?? null, `${about} ${name}`).toBe(value);
  return byInvoke;
}

const NOBODY = '01976d3c-0000-7000-8000-000000000000';
/** Made-up values of path parameters, of every shape that routes accept. */
const MADE_UP = [
  NOBODY,
  `form_${'0'.repeat(32)}`,
  `wh_${'0'.repeat(32)}`,
  `evt_${'0'.repeat(32)}`,
  'made.up',
  'made_up',
  '1',
];

function withParams({ path, params = {} }: Route): Record<string, string>[] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  if (names.length === 0) return [{}];
  return MADE_UP.map((value) =>
    Object.fromEntries(
      // A parameter that does not accept the value gets one that it accepts, so that the last one decides.
      names.map((name, at) => {
        const fits = MADE_UP.find((item) => (params[name] ?? /^[0-9a-f-]{36}$/).test(item)) ?? value;
        return [name, at === names.length - 1 ? value : fits];
      }),
    ),
  );
}

describe('invoke answers as HTTP does, over the whole list of routes', () => {
  test('every GET with made-up parameters', async () => {
    const routes = api().routes.filter(({ method, streams }) => method === 'GET' && streams === undefined);
    expect(routes.length).toBeGreaterThan(40);
    const statuses = new Set<number>();
    for (const route of routes)
      for (const params of withParams(route)) statuses.add((await expectSame(route, { params })).status);
    expect([...statuses]).toEqual(expect.arrayContaining([200, 404]));
  });

  test('every GET with an unknown query parameter', async () => {
    for (const route of api().routes.filter(({ method }) => method === 'GET')) {
      const call = { params: withParams(route)[0]!, query: { no_such_parameter: '1' } };
      expect([400, 404]).toContain((await expectSame(route, call)).status);
    }
  });

  test('every route without the scope', async () => {
    const routes = api().routes.filter(({ scope }) => scope !== null && scope !== 'contacts:read');
    expect(routes.length).toBeGreaterThan(100);
    for (const route of routes) {
      const call = {
        as: s.bob,
        params: withParams(route)[0]!,
        body: route.method === 'GET' ? undefined : {},
      };
      expect((await expectSame(route, call)).status, route.path).toBe(403);
    }
  });

  test('every route with a body: an unknown field, a list, a text, and no body', async () => {
    const routes = api().routes.filter(({ body, open }) => body !== undefined && !open);
    expect(routes.length).toBeGreaterThan(40);
    for (const route of routes)
      for (const body of [{ no_such_field: 1 }, [], 'text', undefined])
        await expectSame(route, { params: withParams(route)[0]!, body });
  });
});

describe('invoke answers as HTTP does', () => {
  const contacts = () => routeOf('POST', 'contacts');

  test('a created record, also to Prefer and in another error style', async () => {
    const [byHttp, byInvoke] = [
      await requested(contacts(), { body: { first_name: 'Jane' } }),
      await invoked(contacts(), { body: { first_name: 'Jane' } }),
    ];
    const shown = ({ text }: { text: string }) => ({
      ...JSON.parse(text),
      id: '',
      created_at: '',
      updated_at: '',
    });
    expect(byInvoke.status).toBe(201);
    expect(shown(byInvoke)).toEqual(shown(byHttp));
    expect(byInvoke.headers).toHaveProperty('location');
    expect(await s.newEvents()).toEqual(['contact.created', 'contact.created']);

    const leads = routeOf('POST', 'leads');
    expect((await expectSame(leads, { body: {} })).text).toMatch(/^\{"error":"/);
    const representation = { headers: { prefer: 'return=representation' }, body: {} };
    expect((await expectSame(leads, representation)).text).toMatch(/^\{"error":\{/);
  });

  test('a list with filters, and its next page', async () => {
    for (const source of ['Fair', 'Fair', 'Web'])
      await s.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe', source } });
    const list = routeOf('GET', 'contacts');
    const first = JSON.parse((await expectSame(list, { query: { source: 'Fair', limit: '1' } })).text);
    expect(first.data).toHaveLength(1);
    const next = new URL(first.next_url, s.url).searchParams;
    const second = JSON.parse((await expectSame(list, { query: Object.fromEntries(next) })).text);
    expect(second.data).toHaveLength(1);
    expect(second.data[0].id).not.toBe(first.data[0].id);
    for (const query of [
      { cursor: next.get('cursor')! },
      { limit: '0' },
      { source: 'Äß & 100 %', sort: '-created_at' },
      { source: ['Fair', 'Web'] },
      { source: 'a\0b' },
      { 'created_at[gte]': '2026-01-01T00:00:00+02:00', count: 'exact' },
      Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`p${at}`, '1'])),
    ])
      await expectSame(list, { query });
  });

  test('a change with If-Match, which also accepts what an older version accepted', async () => {
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } })).json;
    const change = routeOf('PATCH', 'contacts/:id');
    const params = { id: (id as string).toUpperCase() };
    const stale = await expectSame(change, {
      params,
      body: { first_name: 'X' },
      headers: { 'if-match': '"7"' },
    });
    expect(stale.status).toBe(412);
    const fresh = await invoked(change, {
      params,
      body: { first_name: 'Joan' },
      headers: { 'if-match': '"1"' },
    });
    expect([fresh.status, fresh.headers['etag' as never]]).toEqual([200, '"2"']);
    expect((await s.ask('GET', `/api/v1/contacts/${id}`)).json.first_name).toBe('Joan');
    await s.db.pool.query(`update contact set email = 'nowhere' where id = $1`, [id]);
    const same = { params, body: { email: 'nowhere' } };
    expect((await expectSame(change, same)).status).toBe(200);
    expect((await expectSame(change, { params, body: { email: 'elsewhere' } })).status).toBe(400);
  });

  test('an idempotent replay, in both directions; another body is a mismatch', async () => {
    const body = { first_name: 'Once' };
    const key = (name: string) => ({ headers: { 'idempotency-key': name } });
    const first = await requested(contacts(), { body, ...key('a') });
    const replayed = await expectSame(contacts(), { body, ...key('a') });
    expect([replayed.status, replayed.text]).toEqual([201, first.text]);
    expect(replayed.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    const other = await invoked(contacts(), { body, ...key('b') });
    expect((await expectSame(contacts(), { body, ...key('b') })).text).toBe(other.text);
    expect((await expectSame(contacts(), { body: { first_name: 'Else' }, ...key('a') })).status).toBe(422);
    expect((await expectSame(contacts(), { body, ...key('é') })).status).toBe(400);
  });

  test('one key at the same time runs once', async () => {
    await s.newEvents();
    const call = { body: { first_name: 'Race' }, headers: { 'idempotency-key': 'race' } };
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => invoked(contacts(), call)),
      ...Array.from({ length: 5 }, () => requested(contacts(), call)),
    ]);
    for (const { status } of answers) expect([201, 409]).toContain(status);
    expect(await s.newEvents()).toEqual(['contact.created']);
  });

  test('values that cannot be stored, too deep and too large bodies', async () => {
    const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`) as unknown;
    for (const body of [
      { first_name: 'a\0b' },
      { first_name: '\ud800' },
      { custom_fields: { x: 1e300 } },
      { custom_fields: deep },
      JSON.parse('{"first_name":"x","__proto__":{"a":1}}') as unknown,
      { notes: 'x'.repeat(1024 * 1024) },
    ])
      expect((await expectSame(contacts(), { body })).status).toBeGreaterThanOrEqual(400);
    const query = { last_name: '\ud800' };
    expect((await invoked(routeOf('GET', 'contacts'), { query })).status).toBe(400);
    const params = { id: 'x'.repeat(300) };
    expect((await expectSame(routeOf('GET', 'contacts/:id'), { params })).status).toBe(404);
  });

  test('the record of another workspace is not found', async () => {
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } })).json;
    const call = { as: s.charlie, params: { id } };
    expect((await expectSame(routeOf('GET', 'contacts/:id'), call)).status).toBe(404);
  });

  test('a plan without API access, and a full window, refuse a key', async () => {
    const caller = await callerOf(s.alice);
    const list = routeOf('GET', 'contacts');
    const full = { ...caller, quota: { ...caller.quota, granted: false } };
    await expect(api().invoke(list, { caller: full })).rejects.toMatchObject({ code: 'rate_limited' });
    const free = { ...caller, plan: 'free' };
    await expect(api().invoke(list, { caller: free })).rejects.toMatchObject({ code: 'forbidden' });
  });
});
