import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

const TYPES = '/api/v1/custom-event-types';
const EVENTS = '/api/v1/events';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

let made = 0;
async function typeOf(schema: object, sample: object = {}): Promise<string> {
  const name = `order.heavy_${made++}`;
  const reply = await s.ask('POST', TYPES, { body: { name, schema, sample } });
  expect(reply.status, reply.text).toBe(201);
  return name;
}

const list = (items: unknown) => ({ type: 'object', properties: { a: { type: 'array', items } } });
const numbers = Array.from({ length: 87_000 }, () => 1);
const alternatives = (keyword: string, count: number) =>
  list({ [keyword]: [...Array.from({ length: count }, () => ({ const: 0 })), true] });

describe('AX, AN2: checking an event against a schema has a budget', () => {
  test.each<[string, object, object]>([
    ['anyOf of 900', alternatives('anyOf', 900), { a: numbers }],
    ['oneOf of 250', alternatives('oneOf', 250), { a: numbers }],
    [
      'not',
      list({ not: { allOf: [...Array.from({ length: 700 }, () => true), { const: 0 }] } }),
      { a: numbers },
    ],
    [
      'enum',
      list({ enum: [...Array.from({ length: 900 }, (_, n) => ({ n })), {}] }),
      { a: numbers.slice(0, 20_000).map(() => ({})) },
    ],
  ])(
    '%s: 400 that names data; other requests are answered in the meantime, and no event is created',
    async (_what, schema, data) => {
      const type = await typeOf(schema);
      const answered = new AbortController();
      const heavy = s.ask('POST', EVENTS, { body: { type, data } }).finally(() => answered.abort());
      const health: number[] = [];
      do health.push((await s.ask('GET', '/healthz', { as: null })).status);
      while (!answered.signal.aborted);
      const reply = await heavy;
      expect(reply.status, reply.text).toBe(400);
      expect(reply.json.error.fields[0].field).toBe('data');
      expect(reply.json.error.message).toContain('steps');
      expect(new Set(health)).toEqual(new Set([200]));
      expect(await s.newEvents()).toEqual([]);
    },
  );

  test('a large event that matches a simple schema is published; for an invalid one the path is named', async () => {
    const type = await typeOf(list({ type: 'number' }));
    const good = await s.ask('POST', EVENTS, { body: { type, data: { a: numbers } } });
    expect(good.status, good.text).toBe(201);
    const bad = { a: numbers.with(86_999, 'x' as never) };
    const reply = await s.ask('POST', EVENTS, { body: { type, data: bad } });
    expect(reply.json.error.fields).toEqual([{ field: 'data.a.86999', message: 'must be number' }]);
    expect(await s.newEvents()).toEqual([type]);
  });

  test('a check that takes too long gets 503 with Retry-After, and the Idempotency-Key is free again', async () => {
    const type = await typeOf(list({ type: 'number' }));
    const body = { type, data: { a: numbers } };
    const ask = (n: number) => s.ask('POST', EVENTS, { body, headers: { 'idempotency-key': `busy-${n}` } });
    // More concurrent requests than may wait.
    const replies = await Promise.all(Array.from({ length: 60 }, (_, n) => ask(n)));
    const late = replies.findIndex(
      ({ status, text }) => status === 503 && text.includes('against the schema'),
    );
    expect(late).toBeGreaterThanOrEqual(0);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 503]));
    expect(replies[late]!.headers.get('retry-after')).toBe('2');
    const again = await ask(late);
    expect(again.status, again.text).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    const published = replies.filter(({ status }) => status === 201).length + 1;
    // On a busy machine the database may answer too late: such an event may have been stored.
    const isUnsure = ({ status, text }: Reply) => status === 503 && !text.includes('against the schema');
    const unsure = replies.filter(isUnsure).length;
    const events = (await s.newEvents()).length;
    expect(events).toBeGreaterThanOrEqual(published);
    expect(events).toBeLessThanOrEqual(published + unsure);
  });

  test('a definition is checked within the same budget', async () => {
    const body = {
      name: 'order.sampled',
      schema: alternatives('anyOf', 900),
      sample: { a: numbers.slice(0, 9000) },
    };
    const reply = await s.ask('POST', TYPES, { body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe('sample');
    const large = { ...body, schema: { type: 'object' }, sample: { a: 'x'.repeat(40_000) } };
    expect((await s.ask('POST', TYPES, { body: large })).json.error.fields[0].field).toBe('sample');
  });

  test('what an older version accepted can be sent back as it was read', async () => {
    const type = await typeOf({ type: 'object' });
    const sample = { a: 'x'.repeat(100_000) };
    await s.db.pool.query('update custom_event_type set sample = $1 where name = $2', [
      JSON.stringify(sample),
      type,
    ]);
    const shown = (await s.ask('GET', `${TYPES}/${type}`)).json;
    const path = `${TYPES}/${type}`;
    const put = await s.ask('PUT', path, { body: { ...shown, description: 'As it was.' } });
    expect(put.json).toMatchObject({ description: 'As it was.', sample });
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect((await s.ask('PATCH', path, { body: { schema } })).status).toBe(200);
    const unfit = { type: 'object', properties: { a: { type: 'number' } } };
    expect((await s.ask('PATCH', path, { body: { schema: unfit } })).json.error.fields[0].field).toBe(
      'sample.a',
    );
  });
});
