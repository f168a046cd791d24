import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';
const TYPES = '/api/v1/custom-event-types';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  const order = {
    type: 'object',
    properties: {
      total: { type: 'number' },
      lines: {
        type: 'array',
        items: { type: 'object', properties: { sku: { type: 'string' } }, additionalProperties: false },
      },
    },
  };
  const closed = { ...order, additionalProperties: false };
  for (const [name, schema] of [
    ['order.open', order],
    ['order.closed', closed],
  ] as const)
    await s.ask('POST', TYPES, { body: { name, schema, sample: {} } });
});
afterAll(() => s.stop());

const make = (events: string[], filter: unknown, more: object = {}) =>
  s.ask('POST', HOOKS, { body: { name: 'w', url: 'http://127.0.0.1:9/', events, filter, ...more } });
const equals = (field: string, value: unknown) => ({ field, op: 'equals', value });

describe('AN13: a filter that no subscribed type could ever match is refused', () => {
  test.each<[string, string[], object]>([
    ['a tag of events without tags', ['webhook.disabled'], { tag: 'vip' }],
    ['a pipeline, of contacts', ['contact.created', 'task.created'], { pipeline: 'Sales pipeline' }],
    ['an unknown field', ['contact.created'], equals('colour', 'red')],
    ['a field of the summary only', ['contact.created'], equals('has_email', true)],
    ['a name of another format', ['deal.created'], equals('title', 'x')],
    ['inside a field that holds text', ['contact.created'], equals('status.name', 'x')],
    ['inside a custom field', ['contact.created'], equals('custom_fields.a.b', 'x')],
    ['all custom fields at once', ['contact.created'], equals('custom_fields', 'x')],
    ['another kind', ['deal.created'], equals('value', '5000')],
    ['a number in a text', ['contact.created'], equals('status', 5)],
    ['greater, for another type', ['deal.created'], { field: 'value', op: 'greater', value: '1' }],
    ['contains, for a number', ['deal.created'], { field: 'value', op: 'contains', value: '5' }],
    ['a choice that does not exist', ['deal.created'], equals('status', 'closed')],
    ['choices that do not exist', ['task.created'], { field: 'priority', op: 'in', value: ['top', 'none'] }],
    ['part of no choice', ['deal.created'], { field: 'status', op: 'contains', value: 'x' }],
    ['no id', ['contact.created'], equals('owner_id', 'Jane')],
    [
      'a required field that is missing',
      ['contact.created'],
      { field: 'status', op: 'exists', value: false },
    ],
    ['null for a required field', ['contact.created'], equals('status', null)],
    ['not exists of a required field', ['contact.created'], { not: { field: 'id', op: 'exists' } }],
    [
      'all, with one that cannot be',
      ['contact.created'],
      { all: [equals('status', 'lead'), equals('colour', 'red')] },
    ],
    [
      'any, of which none can match',
      ['contact.created'],
      { any: [equals('size', 1), equals('colour', 'red')] },
    ],
    [
      'two values at once',
      ['contact.created'],
      { all: [equals('status', 'lead'), equals('status', 'customer')] },
    ],
    [
      'values that exclude each other',
      ['contact.created'],
      { all: [{ field: 'status', op: 'in', value: ['a', 'b'] }, equals('status', 'c')] },
    ],
    ['a field that a closed custom schema does not have', ['order.closed'], equals('colour', 'red')],
    ['inside its lists', ['order.closed'], equals('lines.colour', 'red')],
  ])('%s', async (_what, events, filter) => {
    const reply = await make(events, filter);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields.map(({ field }: { field: string }) => field)).toEqual(['filter']);
  });

  test.each<[string, string[], object]>([
    ...['contact', 'company', 'deal', 'task', 'lead'].map((noun): [string, string[], object] => [
      `a tag of a ${noun}`,
      [`${noun}.created`],
      { tag: 'vip' },
    ]),
    ['one type of several', ['contact.created', 'deal.created'], { pipeline: 'Sales pipeline' }],
    ['a custom field', ['contact.created'], equals('custom_fields.industry', 'Technology')],
    ['a custom field that is missing', ['contact.created'], equals('custom_fields.industry', null)],
    ['null for an optional field', ['contact.created'], equals('email', null)],
    ['a deletion’s time', ['contact.deleted'], { field: 'deleted_at', op: 'exists' }],
    ['a choice', ['deal.created'], { field: 'status', op: 'in', value: ['closed', 'won'] }],
    ['not of a condition that cannot match', ['contact.created'], { not: equals('colour', 'red') }],
    [
      'any, of which one can be',
      ['contact.created'],
      { any: [equals('colour', 'red'), equals('status', 'lead')] },
    ],
    ['two tags at once', ['lead.created'], { all: [{ tag: 'a' }, { tag: 'b' }] }],
    [
      'two entries of a list',
      ['order.closed'],
      { all: [equals('lines.sku', 'a'), equals('lines.sku', 'b')] },
    ],
    ['what an open schema leaves open', ['order.open'], equals('colour', 'red')],
    ['one’s own, among all', ['*'], equals('total', 5)],
    [
      'a number between',
      ['deal.created'],
      {
        all: [
          { field: 'value', op: 'greater', value: 1 },
          { field: 'value', op: 'less', value: 5 },
        ],
      },
    ],
  ])('%s could match', async (_what, events, filter) => {
    const reply = await make(events, filter);
    expect(reply.status, reply.text).toBe(201);
  });

  test('`*` means what the format documents', async () => {
    const filter = { field: 'failures', op: 'greater', value: 1 };
    expect((await make(['*'], filter)).status).toBe(201);
    expect((await make(['*'], filter, { format: 'axocrm' })).status).toBe(400);
  });

  test('a change is refused for what was sent; an old webhook can be renamed and sent back unchanged', async () => {
    const { json } = await make(['deal.created'], { pipeline: 'Sales pipeline' });
    const path = `${HOOKS}/${json.id}`;
    const events = await s.ask('PATCH', path, { body: { events: ['contact.created'] } });
    expect([events.status, events.json.error?.fields[0].field]).toEqual([400, 'events']);
    const filter = await s.ask('PATCH', path, { body: { filter: equals('colour', 'red') } });
    expect([filter.status, filter.json.error?.fields[0].field]).toEqual([400, 'filter']);
    const both = { events: ['contact.created'], filter: equals('status', 'lead') };
    expect((await s.ask('PATCH', path, { body: both })).status).toBe(200);
    await s.db.pool.query('update endpoint set events = $1 where filter is not null and $2 = any(events)', [
      ['webhook.disabled'],
      'contact.created',
    ]);
    const shown = (await s.ask('GET', path)).json;
    expect(shown.events).toEqual(['webhook.disabled']);
    expect((await s.ask('PATCH', path, { body: { name: 'renamed' } })).status).toBe(200);
    expect((await s.ask('PUT', path, { body: { ...shown, name: 'put back' } })).status).toBe(200);
    expect((await s.ask('PATCH', path, { body: { filter: null } })).status).toBe(200);
  });
});
