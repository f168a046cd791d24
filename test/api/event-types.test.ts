import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/catalogue.ts';
import { problems } from '../kit/json-schema.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

interface Listed {
  name: string;
  formats: string[];
  subscribable: boolean;
  names: Record<string, string>;
  sample: Record<string, unknown>;
  // Bodies of every format.
  // oxlint-disable-next-line typescript/no-explicit-any
  examples: Record<string, { name: string; headers: Record<string, string>; body: any }>;
}

describe('AX12: an example of every event', () => {
  let s: Scenario;
  let types: Listed[];
  beforeAll(async () => {
    s = await startScenario();
    types = (await s.ask('GET', '/api/v1/event-types')).json.data;
  });
  afterAll(() => s.stop());

  test('in every format, with the format’s name and headers', () => {
    expect(types.length).toBeGreaterThan(10);
    for (const { name, sample, examples } of types) {
      expect(examples['standard']!.body, name).toMatchObject({ type: name, data: sample });
      expect(Object.keys(examples['standard']!.headers)).toEqual([
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
      ]);
      const { axocrm } = examples;
      expect(axocrm!.body).toMatchObject({ type: axocrm!.name, data: { object: { id: sample['id'] } } });
      expect(axocrm!.headers['X-axoCRM-Event']).toBe(axocrm!.name);
    }
    expect(types.find(({ name }) => name === 'deal.stage_changed')!.examples['axocrm']!.name).toBe(
      'deal.updated',
    );
  });

  test('equals what is sent: the body of axocrm has the documented fields and no personal data', () => {
    const created = types.find(({ name }) => name === 'contact.created')!;
    expect(created.examples['axocrm']!.body).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      type: 'contact.created',
      workspace_id: expect.any(String),
      created_at: '2026-06-01T12:00:00.000Z',
      data: {
        object: {
          type: 'contact',
          id: created.sample['id'],
          status: 'lead',
          source: 'website',
          has_email: true,
          has_phone: true,
          has_company: true,
        },
      },
    });
    for (const { examples } of types) {
      const text = JSON.stringify(examples['axocrm']);
      for (const personal of ['Jane', 'Doe', 'jane@example.com', '+15551234567', 'Acme', 'harbour'])
        expect(text).not.toContain(personal);
    }
  });
});

test('`fields` returns only those fields, in their order; an unknown one is a 400 that names the known ones', async () => {
  const s = await startScenario();
  const body = { name: 'parcel.lost', schema: { type: 'object' }, sample: { a: 1 } };
  expect((await s.ask('POST', '/api/v1/custom-event-types', { body })).status).toBe(201);
  const all = await s.ask('GET', '/api/v1/event-types');
  const light = await s.ask('GET', '/api/v1/event-types?fields=subscribable,names');
  expect(light.json.data).toEqual(
    all.json.data.map(({ name, subscribable, names }: Listed) => ({ name, subscribable, names })),
  );
  expect(light.text.length).toBeLessThan(all.text.length / 10);
  const named = light.json.data.find(({ name }: Listed) => name === 'deal.stage_changed');
  expect(named.names).toMatchObject({ standard: 'deal.stage_changed', axocrm: 'deal.updated' });
  expect(light.json.data.at(-1)).toMatchObject({ name: 'parcel.lost' });
  const refused = await s.ask('GET', '/api/v1/event-types?fields=name,price');
  expect([refused.status, refused.json.error.fields[0].field]).toEqual([400, 'fields']);
  expect(refused.json.error.message).toContain('context_schema');
  await s.stop();
});

test('AX12: the test event too has an example in every format: what Send test sends; nobody can subscribe to it', async () => {
  const s = await startScenario();
  const receiver = await startReceiver();
  const listed = (await s.ask('GET', '/api/v1/event-types')).json.data;
  const type = listed.find(({ name }: { name: string }) => name === 'webhook.test');
  expect(type).toMatchObject({ object: 'webhook', custom: false, subscribable: false, formats: [] });
  expect((await s.ask('GET', '/api/v1/event-types/webhook.test')).json).toEqual(type);
  for (const format of FORMATS.keys()) {
    const body = { name: format, url: receiver.url, format, events: ['contact.created'], secret: undefined };
    const { id } = (await s.ask('POST', '/api/v1/webhooks', { body })).json;
    await s.ask('POST', `/api/v1/webhooks/${id}/test`, { body: {} });
    const sent = (await receiver.waitFor(1)).at(-1)!;
    receiver.received.length = 0;
    const example = type.examples[format];
    expect(example.name).toBe('webhook.test');
    const got = JSON.parse(sent.rawBody.toString());
    expect(shapeOf(example.body)).toEqual(shapeOf(got));
    expect(problems(example.schema, got)).toEqual([]);
    const headers = Object.keys(example.headers).map((name) => name.toLowerCase());
    expect(Object.keys(sent.headers)).toEqual(expect.arrayContaining(headers));
    const subscribed = { ...body, name: 'no', events: ['webhook.test'] };
    expect((await s.ask('POST', '/api/v1/webhooks', { body: subscribed })).status).toBe(400);
  }
  await receiver.close();
  await s.stop();
});

/** The field names of a body, at any depth, with the types of their values. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]));
}

test('large custom types are listed with their schemas and samples; their examples are at the single types', async () => {
  const s = await startScenario();
  const properties = Object.fromEntries(
    Array.from({ length: 330 }, (_, n) => [`p${n}`, { type: 'string', description: 'd' }]),
  );
  const schema = { type: 'object', properties };
  const sample = { a: Array.from({ length: 15_500 }, () => 1) };
  const small = { name: 'tiny.made', schema: { type: 'object' }, sample: { a: 1 } };
  const names = Array.from({ length: 30 }, (_, n) => `bulk${n}.made`);
  for (const body of [small, ...names.map((name) => ({ name, schema, sample }))])
    expect((await s.ask('POST', '/api/v1/custom-event-types', { body })).status).toBe(201);
  const ours = (await s.ask('GET', '/api/v1/event-types', { as: s.charlie })).text.length;
  const first = await s.ask('GET', '/api/v1/event-types');
  const again = await s.ask('GET', '/api/v1/event-types');
  expect(again.text).toBe(first.text);
  // Each of them once, not once per format.
  const each = JSON.stringify({ schema, sample }).length;
  expect(first.text.length - ours).toBeLessThan(31 * (each + 2_000));
  const listed = (name: string) => first.json.data.find((item: Listed) => item.name === name);
  expect(Object.keys(listed('tiny.made').examples)).toEqual([...FORMATS.keys()]);
  expect(listed('tiny.made').examples.standard.body.data).toEqual({ a: 1 });
  expect(listed('tiny.made')).toEqual((await s.ask('GET', '/api/v1/event-types/tiny.made')).json);
  expect(listed('bulk7.made')).toMatchObject({ custom: true, sample, schema });
  expect(listed('bulk7.made').examples.standard).toEqual({ name: 'bulk7.made' });
  const entry = (await s.ask('GET', '/api/v1/event-types/bulk7.made')).json;
  expect(entry).toMatchObject({
    ...listed('bulk7.made'),
    examples: { standard: { body: { data: sample } } },
  });
  for (const format of FORMATS.keys())
    expect(Object.keys(entry.examples[format])).toEqual(['name', 'headers', 'body', 'schema']);

  // A change is visible at once, and a deleted type disappears.
  const body = { description: 'Now small.', schema: { type: 'object' }, sample: { b: 2 } };
  await s.ask('PATCH', '/api/v1/custom-event-types/bulk7.made', { body });
  await s.ask('DELETE', '/api/v1/custom-event-types/bulk8.made');
  const { data } = (await s.ask('GET', '/api/v1/event-types')).json;
  const changed = data.find(({ name }: Listed) => name === 'bulk7.made');
  expect(changed).toMatchObject({
    description: 'Now small.',
    sample: { b: 2 },
    examples: { standard: { body: { data: { b: 2 } } } },
  });
  expect((await s.ask('GET', '/api/v1/event-types/bulk7.made')).json).toEqual(changed);
  expect(data.some(({ name }: Listed) => name === 'bulk8.made')).toBe(false);
  expect((await s.ask('GET', '/api/v1/event-types/bulk8.made')).status).toBe(404);
  expect((await s.ask('GET', '/api/v1/event-types/bulk9.made', { as: s.charlie })).status).toBe(404);
  await s.stop();
});

test('type names are checked in all parameters, built-in and custom ones', async () => {
  const s = await startScenario();
  const schema = { type: 'object', properties: { a: { type: 'string' } } };
  const body = { name: 'parcel.lost', schema, sample: { a: 'x' } };
  expect((await s.ask('POST', '/api/v1/custom-event-types', { body })).status).toBe(201);
  for (const path of ['/api/v1/events?types=', '/api/v1/event-log?type=', '/api/v1/deliveries?event_type='])
    for (const [as, name, status] of [
      [s.alice, 'parcel.lost', 200],
      [s.alice, 'contact.created', 200],
      [s.alice, 'parcel.found', 400],
      [s.charlie, 'parcel.lost', 400],
    ] as const) {
      const reply = await s.ask('GET', path + name, { as });
      expect(reply.status, `${path}${name}: ${reply.text}`).toBe(status);
    }
  const hook = { name: 'h', url: 'https://example.com/', filter: { field: 'a', op: 'equals', value: 'x' } };
  const post = (events: string[], more = {}) =>
    s.ask('POST', '/api/v1/webhooks', { body: { ...hook, events, ...more } });
  const made = await post(['parcel.lost']);
  expect(made.status, made.text).toBe(201);
  expect((await post(['*'])).status).toBe(201);
  expect((await post(['parcel.found'])).status).toBe(400);
  const path = `/api/v1/webhooks/${made.json.id}`;
  for (const [events, status] of [
    [['parcel.lost', 'contact.created'], 200],
    [['contact.created'], 400],
    [['parcel.lost', 'parcel.found'], 400],
  ] as const)
    expect((await s.ask('PATCH', path, { body: { events } })).status, events.join()).toBe(status);
  const tested = await s.ask('POST', `${path}/test`, { body: { event_type: 'parcel.lost' } });
  expect(tested.status, tested.text).toBe(202);
  expect((await s.ask('POST', `${path}/test`, { body: { event_type: 'parcel.found' } })).status).toBe(400);
  await s.stop();
});

test('the formats are listed with their defaults', async () => {
  const s = await startScenario();
  const { data } = (await s.ask('GET', '/api/v1/webhook-formats', { as: s.bob })).json;
  expect(data).toHaveLength(4);
  for (const { name, ...format } of data) {
    const body = { name, url: 'https://example.com', format: name, events: ['contact.created'] };
    const made = (await s.ask('POST', '/api/v1/webhooks', { body })).json;
    expect(made).toMatchObject({
      payload: format.payload,
      timeout_s: format.timeout_s,
      retry: format.retry,
      signed: format.unsigned !== 'by default',
      disable_on_410: format.disables_on_410,
    });
    const path = `/api/v1/webhooks/${made.id}`;
    const more = await s.ask('PATCH', path, { body: { retry: { max: format.most_retries + 1 } } });
    expect(more.status).toBe(400);
    const unsigned = await s.ask('POST', `${path}/rotate-secret`, { body: { secret: null } });
    expect(unsigned.status).toBe(format.unsigned === 'never' ? 400 : 200);
    const two = await s.ask('PATCH', path, { body: { events: ['contact.created', 'deal.won'] } });
    expect(two.status).toBe(format.one_event ? 400 : 200);
  }
  await s.stop();
});
