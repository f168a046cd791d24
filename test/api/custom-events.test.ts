import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/catalogue.ts';
import { makeMember } from '../kit/member.ts';
import { startReceiver } from '../kit/receiver.ts';
import { runCase, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const TYPES = '/api/v1/custom-event-types';
const EVENTS = '/api/v1/events';
const ORDER = '01976d3c-0000-7000-8000-00000000abcd';

const SHIPPED = {
  name: 'order.shipped',
  description: 'When an order leaves the warehouse.',
  schema: {
    type: 'object',
    properties: {
      number: { type: 'string', minLength: 1 },
      total: { type: 'number' },
      items: {
        type: 'array',
        items: {
          type: 'object',
          properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } },
          required: ['sku'],
          additionalProperties: false,
        },
      },
      shipped_at: { type: 'string', format: 'date-time' },
    },
    required: ['number'],
    additionalProperties: false,
  },
  sample: { number: 'A-1', total: 12.5, items: [{ sku: 'rope', quantity: 2 }] },
};

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

/** A user with a workspace that has an event type order.shipped. */
async function shipper(): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Shipper' });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  const as = { workspaceId, keyId: id, key: raw };
  const reply = await s.ask('POST', TYPES, { as, body: SHIPPED });
  expect(reply.status, reply.text).toBe(201);
  return as;
}

async function ship(as: Person, data: object = SHIPPED.sample, more: object = {}) {
  const reply = await s.ask('POST', EVENTS, { as, body: { type: 'order.shipped', data, ...more } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

async function hook(as: Person, more: object) {
  const receiver = await startReceiver();
  const body = { name: 'hook', url: receiver.url, events: ['order.shipped'], ...more };
  const reply = await s.ask('POST', '/api/v1/webhooks', { as, body });
  expect(reply.status, reply.text).toBe(201);
  return { receiver, id: reply.json.id as string };
}

describe('custom event types', () => {
  test('are created, listed by name, read, changed and deleted; this creates no event', async () => {
    const alone = await shipper();
    await s.ask('POST', TYPES, { as: alone, body: { ...SHIPPED, name: 'order.lost_at_sea' } });
    const first = (await s.ask('GET', `${TYPES}?limit=1`, { as: alone })).json;
    const second = (await s.ask('GET', first.next_url, { as: alone })).json;
    expect([...first.data, ...second.data].map(({ name }: { name: string }) => name)).toEqual([
      'order.lost_at_sea',
      'order.shipped',
    ]);
    const shown = (await s.ask('GET', `${TYPES}/order.shipped`, { as: alone })).json;
    expect(shown).toMatchObject({ ...SHIPPED, version: 1 });
    expect(second.data).toEqual([shown]);
    const body = { ...shown, description: 'Shipped.', sample: { number: 'B-2' } };
    const changed = await s.ask('PATCH', `${TYPES}/order.shipped`, { as: alone, body });
    expect(changed.json).toMatchObject({ description: 'Shipped.', sample: { number: 'B-2' }, version: 2 });
    expect((await s.ask('DELETE', `${TYPES}/order.shipped`, { as: alone })).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(
        (
          await s.ask(method, `${TYPES}/order.shipped`, {
            as: alone,
            ...(method === 'PATCH' && { body: {} }),
          })
        ).status,
      ).toBe(404);
    const audit = (await s.ask('GET', '/api/v1/audit', { as: alone })).json.data;
    expect(audit.map(({ action }: { action: string }) => action).slice(0, 2)).toEqual([
      'custom_event_type.deleted',
      'custom_event_type.updated',
    ]);
    expect(await s.newEvents()).toEqual([]);
  });

  const schema = (properties: object, more: object = {}) => ({
    schema: { type: 'object', properties, ...more },
  });
  test.each<[string, object, string]>([
    ['the name of a built-in type', { name: 'contact.created' }, 'name'],
    ['a reserved noun', { name: 'deal.exploded' }, 'name'],
    ['a noun of another system', { name: 'payment.doubled' }, 'name'],
    ['a name in upper case', { name: 'Order.shipped' }, 'name'],
    ['a name without a verb', { name: 'order' }, 'name'],
    ['a sample that does not match', { sample: { number: 7 } }, 'sample.number'],
    ['a sample without a field', { sample: {} }, 'sample.number'],
    ['a schema of a list', { schema: { type: 'array' } }, 'schema.type'],
    [
      'another draft',
      { schema: { ...SHIPPED.schema, $schema: 'http://json-schema.org/draft-07/schema#' } },
      'schema.$schema',
    ],
    [
      'a pattern',
      schema({ number: { type: 'string', pattern: '^(a+)+$' } }),
      'schema.properties.number.pattern',
    ],
    [
      'patternProperties',
      schema({ number: {} }, { patternProperties: { '^(a+)+$': {} } }),
      'schema.patternProperties',
    ],
    ['a reference', schema({ number: { $ref: 'https://example.com/x' } }), 'schema.properties.number.$ref'],
    ['a recursion', schema({ number: { $ref: '#' } }), 'schema.properties.number.$ref'],
    [
      'a hidden reference',
      schema({ number: { anyOf: [{ not: { $dynamicRef: '#x' } }] } }),
      'schema.properties.number.anyOf.0.not.$dynamicRef',
    ],
    ['an unknown keyword', schema({ number: { minLenght: 1 } }), 'schema.properties.number.minLenght'],
    [
      'an unknown format',
      schema({ number: { type: 'string', format: 'regex' } }),
      'schema.properties.number.format',
    ],
    [
      'uniqueItems without a maximum',
      schema({ number: { type: 'array', uniqueItems: true } }),
      'schema.properties.number.uniqueItems',
    ],
    ['an unknown type', schema({ number: { type: 'text' } }), 'schema'],
    ['a keyword of another type', schema({ number: { type: 'string', minimum: 1 } }), 'schema'],
    ['a required field that is not defined', schema({ x: {} }, { required: ['number'] }), 'schema'],
    ['a large schema', schema({ number: { type: 'string', description: 'x'.repeat(17_000) } }), 'schema'],
    ['a read-only field', { colour: 'red' }, 'colour'],
  ])('%s is rejected by its path', async (_what, more, field) => {
    await runCase(s, {
      name: '',
      method: 'POST',
      path: TYPES,
      body: { ...SHIPPED, name: 'refused.always', ...more },
      status: 400,
      fields: [field],
    });
  });

  test('a schema that is nested without end is rejected, and the server continues', async () => {
    const deep = `{"type":"object","properties":{"a":${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}}}`;
    const raw = `{"name":"deep.thought","sample":{},"schema":${deep}}`;
    const reply = await s.ask('POST', TYPES, { raw });
    expect(reply.status).toBe(400);
    expect(reply.json.error.message).toContain('64 levels deep');
  });

  test('names are unique, and there are a hundred at most', async () => {
    const alone = await shipper();
    expect((await s.ask('POST', TYPES, { as: alone, body: SHIPPED })).status).toBe(409);
    const make = (name: string) => s.ask('POST', TYPES, { as: alone, body: { ...SHIPPED, name } });
    for (let n = 0; n < 96; n++) expect((await make(`order.step_${n}`)).status).toBe(201);
    // Concurrent requests take the last places, and no more.
    const replies = await Promise.all(['a', 'b', 'c', 'd'].map((name) => make(`order.last_${name}`)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(replies.find(({ status }) => status !== 201)).toMatchObject({
      status: 403,
      json: { error: { code: 'limit_reached' } },
    });
  });

  test('are listed among the event types of their workspace, with the payloads of each format', async () => {
    const alone = await shipper();
    const listed = (await s.ask('GET', '/api/v1/event-types', { as: alone })).json.data;
    const own = listed.filter(({ custom }: { custom: boolean }) => custom);
    expect(own).toEqual([(await s.ask('GET', '/api/v1/event-types/order.shipped', { as: alone })).json]);
    expect(own[0]).toMatchObject({
      name: 'order.shipped',
      object: 'order',
      sample: SHIPPED.sample,
      formats: ['standard'],
    });
    expect(Object.keys(own[0].examples)).toEqual([...FORMATS.keys()]);
    expect(own[0].examples.standard.body).toMatchObject({ type: 'order.shipped', data: SHIPPED.sample });
    expect(own[0].examples.axocrm.body.data.object).toEqual({ type: 'order', id: expect.any(String) });
    expect((await s.ask('GET', '/api/v1/event-types/order.shipped', { as: s.charlie })).status).toBe(404);
  });

  test('require the scope to manage webhooks, and belong to their workspace', async () => {
    const alone = await shipper();
    const manager = await makeMember(s, 'manager', { name: 'Type Manager', workspaceId: alone.workspaceId });
    expect((await manager.ask('GET', TYPES)).json.data).toHaveLength(1);
    expect((await manager.ask('POST', TYPES, { body: SHIPPED })).status).toBe(403);
    expect((await s.ask('GET', TYPES, { as: s.bob })).status).toBe(403);
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const)
      expect(
        (await s.ask(method, `${TYPES}/order.shipped`, { as: s.charlie, ...(body && { body }) })).status,
      ).toBe(404);
    expect(
      (await s.ask('POST', EVENTS, { as: s.charlie, body: { type: 'order.shipped', data: SHIPPED.sample } }))
        .status,
    ).toBe(400);
  });
});

describe('publishing', () => {
  test('an event is stored and in the feed, but not in a timeline', async () => {
    const alone = await shipper();
    const made = await ship(alone, SHIPPED.sample, { object_id: ORDER });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      type: 'order.shipped',
      object_type: 'order',
      object_id: ORDER,
      actor: `api_key:${alone.keyId}`,
      data: SHIPPED.sample,
    });
    const event = (await s.ask('GET', `${EVENTS}/${made.id}`, { as: alone })).json;
    expect(event).toEqual({
      ...made,
      seq: 1,
      context: null,
      matched: 0,
      reason: 'no active webhook is subscribed to this type',
    });
    const second = await ship(alone);
    expect(second.object_id.replaceAll('-', '')).toBe(second.id.slice(4));
    const feed = (await s.ask('GET', `${EVENTS}?types=order.shipped`, { as: alone })).json.data;
    expect(feed.map(({ id, seq }: { id: string; seq: number }) => ({ id, seq }))).toEqual([
      { id: made.id, seq: 1 },
      { id: second.id, seq: 2 },
    ]);
    const { rows } = await s.db.pool.query('select from activity where workspace_id = $1', [
      alone.workspaceId,
    ]);
    expect(rows).toHaveLength(0);
  });

  test.each<[object, string]>([
    [{ number: 7 }, 'data.number'],
    [{}, 'data.number'],
    [{ number: '' }, 'data.number'],
    [{ number: 'A', colour: 'red' }, 'data.colour'],
    [{ number: 'A', items: [{ sku: 'x' }, { sku: 'y', quantity: 0 }] }, 'data.items.1.quantity'],
    [{ number: 'A', items: [{ quantity: 1 }] }, 'data.items.0.sku'],
    [{ number: 'A', shipped_at: 'yesterday' }, 'data.shipped_at'],
    [{ number: 'A\0' }, 'data.number'],
    [{ number: 'A'.repeat(300_000) }, 'data'],
  ])('%o is rejected by its path, and no event is created', async (data, field) => {
    await s.ask('POST', TYPES, { body: SHIPPED });
    const body = { type: 'order.shipped', data };
    await runCase(s, { name: '', method: 'POST', path: EVENTS, body, status: 400, fields: [field] });
  });

  test.each([
    [{ type: 'order.sunk', data: {} }, 'type'],
    [{ type: 'contact.created', data: {} }, 'type'],
    [{ type: 'order.shipped', data: [] }, 'data'],
    [{ type: 'order.shipped', data: { number: 'A' }, object_id: '7' }, 'object_id'],
    [{ type: 'order.shipped', data: { number: 'A' }, seq: 7 }, 'seq'],
  ])('%o is rejected', async (body, field) => {
    await runCase(s, { name: '', method: 'POST', path: EVENTS, body, status: 400, fields: [field] });
  });

  test('requires events:write', async () => {
    const body = { type: 'order.shipped', data: { number: 'A' } };
    const base = { name: '', method: 'POST', path: EVENTS, body };
    await runCase(s, { ...base, as: await s.person(['events:read', 'webhooks:manage']), status: 403 });
    await runCase(s, {
      ...base,
      as: await s.person(['events:write']),
      status: 201,
      events: ['order.shipped'],
    });
  });

  test('with an Idempotency-Key an event is published once, even by concurrent requests', async () => {
    const alone = await shipper();
    const headers = { 'idempotency-key': 'once' };
    const body = { type: 'order.shipped', data: { number: 'A' } };
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => s.ask('POST', EVENTS, { as: alone, body, headers })),
    );
    const made = replies.filter(({ status }) => status === 201);
    expect(replies.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1);
    const again = await s.ask('POST', EVENTS, { as: alone, body, headers });
    expect(again.json).toEqual(made[0]!.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = { ...body, data: { number: 'B' } };
    expect((await s.ask('POST', EVENTS, { as: alone, body: other, headers })).status).toBe(422);
    expect((await s.ask('GET', EVENTS, { as: alone })).json.data).toHaveLength(1);
  });

  test('concurrent events, about one object or many, share statements and keep the feed complete', async () => {
    const [item, two] = [await shipper(), await shipper()];
    await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        ship(n % 2 ? item : two, { number: `A-${n}` }, n % 3 ? {} : { object_id: ORDER }),
      ),
    );
    for (const as of [item, two]) {
      const feed = (await s.ask('GET', `${EVENTS}?limit=200`, { as })).json.data;
      expect(feed.map(({ seq }: { seq: number }) => seq)).toEqual(
        Array.from({ length: 60 }, (_, n) => n + 1),
      );
      expect(new Set(feed.map(({ data }: { data: { number: string } }) => data.number)).size).toBe(60);
    }
    await s.newEvents();
  });
});

describe('delivery', () => {
  test.each([...FORMATS.values()])('$name: by name, with a filter on its data', async (format) => {
    const alone = await shipper();
    const filter = { field: 'total', op: 'greater', value: 100 };
    const { receiver } = await hook(alone, { format: format.name, filter, payload: 'full' });
    await ship(alone, { number: 'small', total: 5 });
    await ship(alone, { number: 'large', total: 500 });
    const [got] = await receiver.waitFor(1);
    const text = got!.rawBody.toString();
    expect(JSON.parse(text)[format.name === 'automatenexus' ? 'event' : 'type']).toBe('order.shipped');
    expect(text).toContain('"number":"large"');
    const events = (await s.ask('GET', EVENTS, { as: alone })).json.data;
    expect(
      events.map(({ matched, reason }: { matched: number; reason: string }) => [matched, reason]),
    ).toEqual([
      [0, 'no match: total'],
      [1, null],
    ]);
    await receiver.close();
  });

  test.each([
    ['standard', { type: 'order.shipped', data: { id: ORDER } }],
    ['axocrm', { type: 'order.shipped', data: { object: { type: 'order', id: ORDER } } }],
    ['automatenexus', { event: 'order.shipped', data: { id: ORDER } }],
    ['axcelerate', { type: 'order.shipped', message: { order: { id: ORDER } } }],
  ])('%s: a summary contains only the object', async (format, expected) => {
    const alone = await shipper();
    const { receiver } = await hook(alone, { format, payload: 'summary' });
    await ship(alone, { number: 'secret' }, { object_id: ORDER });
    const [got] = await receiver.waitFor(1);
    const body = JSON.parse(got!.rawBody.toString());
    expect(body).toMatchObject(expected);
    for (const part of ['data', 'message'])
      expect(body[part]).toEqual((expected as Record<string, unknown>)[part]);
    await receiver.close();
  });

  test('`*` includes them in standard; in the other formats they must be named', async () => {
    const alone = await shipper();
    const hooks = await Promise.all(
      ['standard', 'axocrm', 'automatenexus'].map((format) => hook(alone, { format, events: ['*'] })),
    );
    await ship(alone);
    await hooks[0]!.receiver.waitFor(1);
    const [event] = (await s.ask('GET', EVENTS, { as: alone })).json.data;
    expect(event.matched).toBe(1);
    for (const { receiver } of hooks) await receiver.close();
  });

  test('Send test sends its sample; the log shows the request as sent; resend and replay send it again', async () => {
    const alone = await shipper();
    const { receiver, id } = await hook(alone, {});
    const tested = await s.ask('POST', `/api/v1/webhooks/${id}/test`, {
      as: alone,
      body: { event_type: 'order.shipped' },
    });
    expect(tested.json).toMatchObject({ event_type: 'order.shipped' });
    const [sample] = await receiver.waitFor(1);
    expect(JSON.parse(sample!.rawBody.toString())).toMatchObject({
      type: 'order.shipped',
      data: SHIPPED.sample,
    });
    const since = new Date(Date.now() - 1000).toISOString();
    const made = await ship(alone, { number: 'A-7' });
    await receiver.waitFor(2);
    const log = `/api/v1/webhooks/${id}/deliveries?event_type=order.shipped&state=delivered`;
    await expect.poll(async () => (await s.ask('GET', log, { as: alone })).json.data.length).toBe(2);
    const delivery = (await s.ask('GET', log, { as: alone })).json.data.find(
      (item: { event_id: string }) => item.event_id === made.id,
    );
    const shown = (await s.ask('GET', `/api/v1/deliveries/${delivery.id}`, { as: alone })).json;
    expect(shown.attempt_log[0].request.body).toBe(receiver.received[1]!.rawBody.toString());

    // Also after the type was deleted.
    await s.ask('DELETE', `${TYPES}/order.shipped`, { as: alone });
    expect((await s.ask('POST', `/api/v1/deliveries/${delivery.id}/resend`, { as: alone })).status).toBe(202);
    await receiver.waitFor(3);
    const replayed = (more: object) =>
      s.ask('POST', `/api/v1/webhooks/${id}/replay`, { as: alone, body: { since, only: 'all', ...more } });
    // An event whose resend is not settled yet is left out.
    await expect.poll(async () => (await replayed({ dry_run: true })).json.queued).toBe(1);
    const replay = await replayed({});
    expect(replay.json, replay.text).toMatchObject({ queued: 1 });
    const all = await receiver.waitFor(4);
    expect(all.slice(1).map(({ rawBody }) => rawBody.toString())).toEqual(
      all.slice(1).map(() => all[1]!.rawBody.toString()),
    );
    expect((await s.ask('GET', `${EVENTS}/${made.id}`, { as: alone })).json.data).toEqual({ number: 'A-7' });
    await receiver.close();
  });

  test('a webhook that names a type keeps it when the type is deleted, matches nothing, and can be changed', async () => {
    const alone = await shipper();
    const { receiver, id } = await hook(alone, {});
    await s.ask('DELETE', `${TYPES}/order.shipped`, { as: alone });
    const shown = (await s.ask('GET', `/api/v1/webhooks/${id}`, { as: alone })).json;
    expect(shown.events).toEqual(['order.shipped']);
    const body = { name: 'renamed', events: shown.events };
    expect((await s.ask('PATCH', `/api/v1/webhooks/${id}`, { as: alone, body })).status).toBe(200);
    const other = { name: 'hook', url: receiver.url, events: ['order.shipped'] };
    expect((await s.ask('POST', '/api/v1/webhooks', { as: alone, body: other })).status).toBe(400);
    const published = { type: 'order.shipped', data: SHIPPED.sample };
    expect((await s.ask('POST', EVENTS, { as: alone, body: published })).status).toBe(400);
    await receiver.close();
  });
});
