import { assert, asyncProperty, string } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/base/errors.ts';
import { readFilter } from '../../src/events/event-filter.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { propertySize } from '../proof/settings.ts';

const HOOKS = '/api/v1/webhooks';
const PIPELINES = [{ id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c61', name: 'Sales pipeline' }];

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

describe('what a filter lets through', () => {
  const record = {
    status: 'lead',
    email: null,
    value: 5000,
    won: false,
    created_at: '2026-06-01T12:00:00.000Z',
    pipeline_id: PIPELINES[0]!.id,
    tags: ['vip', 'new', 7],
    none: [],
    lists: [[1]],
    note: 'says "50 % off" \\ $.x',
    custom_fields: { industry: 'Technology', seats: 40 },
  };
  const yes: [string, object][] = [
    ['equals', { field: 'status', op: 'equals', value: 'lead' }],
    ['equals a number', { field: 'value', op: 'equals', value: 5000 }],
    ['equals false', { field: 'won', op: 'equals', value: false }],
    ['equals null', { field: 'email', op: 'equals', value: null }],
    ['equals null, of what is not there', { field: 'phone', op: 'equals', value: null }],
    ['a dotted field', { field: 'custom_fields.industry', op: 'equals', value: 'Technology' }],
    ['quotes and signs', { field: 'note', op: 'equals', value: record.note }],
    ['in', { field: 'status', op: 'in', value: ['customer', 'lead'] }],
    ['in, of a list', { field: 'tags', op: 'in', value: ['gone', 7] }],
    ['not in', { not: { field: 'status', op: 'in', value: ['customer'] } }],
    ['not in, of what is not there', { not: { field: 'phone', op: 'in', value: ['customer'] } }],
    [
      'not of all, of another kind',
      { not: { all: [{ tag: 'vip' }, { field: 'status', op: 'less', value: 5 }] } },
    ],
    ['not of a null that is not there', { not: { field: 'status', op: 'equals', value: null } }],
    ['exists', { field: 'status', op: 'exists' }],
    ['exists, of false', { field: 'won', op: 'exists', value: true }],
    ['exists not: null', { field: 'email', op: 'exists', value: false }],
    ['exists not: an empty list', { field: 'none', op: 'exists', value: false }],
    ['greater', { field: 'custom_fields.seats', op: 'greater', value: 39.5 }],
    ['greater, of a time', { field: 'created_at', op: 'greater', value: '2026-05-31' }],
    ['less', { field: 'value', op: 'less', value: 5001 }],
    ['greater than less than nothing', { field: 'value', op: 'greater', value: -1.5e3 }],
    ['contains, of a list', { field: 'tags', op: 'contains', value: 'vip' }],
    ['contains a number, of a list', { field: 'tags', op: 'contains', value: 7 }],
    ['contains, of a text', { field: 'note', op: 'contains', value: '"50 % off" \\ $' }],
    ['a tag', { tag: 'vip' }],
    ['a pipeline by name', { pipeline: 'sales Pipeline' }],
    ['a pipeline by id', { pipeline: PIPELINES[0]!.id.toUpperCase() }],
    ['all', { all: [{ tag: 'vip' }, { field: 'status', op: 'exists' }] }],
    ['any', { any: [{ tag: 'lost' }, { tag: 'new' }] }],
    ['not', { not: { tag: 'lost' } }],
    ['not, of another kind', { not: { field: 'status', op: 'greater', value: 5 } }],
    ['not, of what is not there', { not: { field: 'phone', op: 'contains', value: '+44' } }],
    ['not of not', { not: { not: { field: 'status', op: 'equals', value: 'lead' } } }],
    ['mixed', { all: [{ not: { any: [{ tag: 'a' }, { tag: 'b' }] } }, { pipeline: 'Sales pipeline' }] }],
  ];
  const no: [string, object][] = [
    ['equals another', { field: 'status', op: 'equals', value: 'Lead' }],
    ['equals, of another kind', { field: 'value', op: 'equals', value: '5000' }],
    ['what is not there', { field: 'custom_fields.city', op: 'equals', value: 'Oslo' }],
    ['in', { field: 'status', op: 'in', value: ['customer'] }],
    ['in, of a list in a list', { field: 'lists', op: 'in', value: [1] }],
    ['equals, of a list in a list', { field: 'lists', op: 'equals', value: 1 }],
    ['not in', { not: { field: 'tags', op: 'in', value: [7] } }],
    ['not of not of not', { not: { not: { not: { tag: 'vip' } } } }],
    ['exists', { field: 'email', op: 'exists' }],
    ['greater, of the same', { field: 'value', op: 'greater', value: 5000 }],
    ['greater, of another kind', { field: 'status', op: 'greater', value: 5 }],
    ['contains, of part of an element', { field: 'tags', op: 'contains', value: 'vi' }],
    ['contains a pattern', { field: 'note', op: 'contains', value: '50.*off' }],
    ['all', { all: [{ tag: 'vip' }, { tag: 'lost' }] }],
    ['any', { any: [{ tag: 'lost' }, { field: 'status', op: 'greater', value: 5 }] }],
    ['not', { not: { tag: 'vip' } }],
    ['not of not, of another kind', { not: { not: { field: 'status', op: 'greater', value: 5 } } }],
  ];

  async function passes(filter: object): Promise<boolean> {
    const { path } = readFilter(filter as Record<string, unknown>, PIPELINES);
    const { rows } = await s.db.pool.query<{ matches: boolean | null }>(
      'select $1::json::jsonb @@ $2::jsonpath as matches',
      [JSON.stringify(record), path],
    );
    return rows[0]!.matches === true;
  }
  test.each(yes)('through: %s', async (_name, filter) => expect(await passes(filter)).toBe(true));
  test.each(no)('kept out: %s', async (_name, filter) => expect(await passes(filter)).toBe(false));
});

test('any text is compared as it is, whatever it holds', async () => {
  const texts = string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(
    (item) => !item.includes('\0'),
  );
  const compared = asyncProperty(texts, texts, async (value, other) => {
    const paths = [
      { field: 'a', op: 'equals', value },
      { field: 'b', op: 'contains', value },
      { field: 'c', op: 'contains', value },
      { not: { field: 'a', op: 'in', value: [`${value}.`, `${value}\\`] } },
    ].map((filter) => readFilter(filter, []).path);
    const { rows } = await s.db.pool.query(
      'select bool_and($1::jsonb @@ p::jsonpath) as all from unnest($2::text[]) as p',
      [JSON.stringify({ a: value, b: `${other}${value}${other}`, c: [other, value] }), paths],
    );
    expect(rows[0].all).toBe(true);
  });
  await assert(compared, propertySize({ small: 200, whole: 50_000 }));
});

test.each<[string, unknown, string]>([
  ['nothing', {}, 'filter'],
  ['two words', { all: [{ tag: 'a' }], any: [{ tag: 'b' }] }, 'filter'],
  ['an unknown word', { every: [{ tag: 'a' }] }, 'filter.every'],
  ['an empty list', { all: [] }, 'filter.all'],
  ['no list', { any: { tag: 'a' } }, 'filter.any'],
  ['no object', { all: [{ tag: 'a' }, 'b'] }, 'filter.all.1'],
  ['a list', { not: [{ tag: 'a' }] }, 'filter.not'],
  ['a condition with more', { field: 'a', op: 'exists', values: [1] }, 'filter.values'],
  ['no field', { all: [{ field: '', op: 'exists' }] }, 'filter.all.0.field'],
  ['a path', { field: 'a[*].b', op: 'exists' }, 'filter.field'],
  ['quotes in a field', { field: 'a"."b', op: 'exists' }, 'filter.field'],
  ['an unknown op', { not: { field: 'a', op: 'like', value: 'b' } }, 'filter.not.op'],
  ['an inherited op', { field: 'a', op: 'toString', value: 'b' }, 'filter.op'],
  ['no value', { field: 'a', op: 'equals' }, 'filter.value'],
  ['a list to equal', { field: 'a', op: 'equals', value: ['b'] }, 'filter.value'],
  ['no list', { field: 'a', op: 'in', value: 'b' }, 'filter.value'],
  ['a number beyond all', JSON.parse('{"field":"a","op":"less","value":1e400}'), 'filter.value'],
  ['null in a list', { field: 'a', op: 'in', value: ['b', null] }, 'filter.value.1'],
  ['greater than true', { field: 'a', op: 'greater', value: true }, 'filter.value'],
  ['exists a text', { field: 'a', op: 'exists', value: 'yes' }, 'filter.value'],
  ['contains nothing', { field: 'a', op: 'contains', value: '' }, 'filter.value'],
  ['NUL', { tag: 'a\0b' }, 'filter.tag'],
  ['half a pair', { tag: '\ud800' }, 'filter.tag'],
  ['a long text', { tag: 'a'.repeat(1001) }, 'filter.tag'],
  ['an unknown pipeline', { any: [{ pipeline: 'Sale' }] }, 'filter.any.0.pipeline'],
  ['too many', { all: Array.from({ length: 101 }, () => ({ tag: 'a' })) }, 'filter'],
  [
    'too deep',
    { not: { not: { not: { not: { not: { not: { tag: 'a' } } } } } } },
    'filter.not.not.not.not.not.not',
  ],
])('a filter of %s is refused, and the place is named', (_name, filter, place) => {
  let problem: unknown;
  try {
    readFilter(filter as Record<string, unknown>, PIPELINES);
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(ApiError);
  expect((problem as ApiError).fields?.[0]?.field).toBe(place);
});

describe('AN13: filters on webhooks', () => {
  afterEach(async () => {
    for (const { id } of (await s.ask('GET', HOOKS)).json.data) await s.ask('DELETE', `${HOOKS}/${id}`);
  });

  async function hook(more: Record<string, unknown>) {
    const reply = await s.ask('POST', HOOKS, {
      body: { name: 'w', url: 'http://127.0.0.1:9/', events: ['*'], ...more },
    });
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  }
  const contact = async (more: object = {}) =>
    (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', ...more } })).json;
  const outcome = async (record: { id: string }) => {
    const { rows } = await s.db.pool.query(
      'select matched, reason from event where object_id = $1 order by seq',
      [record.id],
    );
    return rows;
  };
  const queued = async (webhook: { id: string }) => {
    const { data } = (await s.ask('GET', `${HOOKS}/${webhook.id}/deliveries`)).json;
    return data.length;
  };

  test("by a field's value: what does not match is not enqueued, and its event says why", async () => {
    const filter = { field: 'custom_fields.industry', op: 'equals', value: 'Technology' };
    const webhook = await hook({ filter });
    expect(webhook.filter).toEqual(filter);
    const wanted = await contact({ custom_fields: { industry: 'Technology' } });
    const other = await contact({ custom_fields: { industry: 'Fishing' } });
    expect(await outcome(wanted)).toEqual([{ matched: 1, reason: null }]);
    expect(await outcome(other)).toEqual([{ matched: 0, reason: 'no match: custom_fields.industry' }]);
    expect(await queued(webhook)).toBe(1);
  });

  test('by pipeline, named or by id; another name of it later changes nothing', async () => {
    const make = async (path: string, body: object) =>
      (await s.ask('POST', `/api/v1/${path}`, { body })).json;
    const renewals = await make('pipelines', {
      name: 'Renewals',
      stages: [{ name: 'Due' }, { name: 'Done' }],
    });
    const byName = await hook({ filter: { pipeline: 'renewals' } });
    const byId = await hook({ filter: { pipeline: renewals.id }, format: 'automatenexus' });
    await s.ask('PATCH', `/api/v1/pipelines/${renewals.id}`, { body: { name: 'Extensions' } });
    const inside = await make('deals', { name: 'in', pipeline_id: renewals.id });
    const outside = await make('deals', { name: 'out' });
    expect(await outcome(inside)).toEqual([{ matched: 2, reason: null }]);
    expect(await outcome(outside)).toEqual([{ matched: 0, reason: 'no match: pipeline; pipeline' }]);
    // A deal that moves in is wanted from there on.
    await s.ask('PATCH', `/api/v1/deals/${outside.id}`, { body: { pipeline_id: renewals.id } });
    expect((await outcome(outside)).at(-1)).toEqual({ matched: 2, reason: null });
    expect([await queued(byName), await queued(byId)]).toEqual([2, 2]);
  });

  test('where some webhooks want an event and a filter kept it from another, both are told', async () => {
    await hook({});
    await hook({ filter: { all: [{ tag: 'vip' }, { field: 'status', op: 'equals', value: 'lead' }] } });
    expect(await outcome(await contact())).toEqual([{ matched: 1, reason: 'no match: tag, status' }]);
  });

  test('a changed filter touches future events only; null takes it away; it is checked there too', async () => {
    const webhook = await hook({ filter: { field: 'status', op: 'equals', value: 'customer' } });
    const path = `${HOOKS}/${webhook.id}`;
    const before = await contact();
    const changed = await s.ask('PATCH', path, {
      body: { filter: { field: 'status', op: 'in', value: ['lead'] } },
    });
    expect(changed.json.filter).toEqual({ field: 'status', op: 'in', value: ['lead'] });
    await contact();
    expect(await queued(webhook)).toBe(1);
    expect(await outcome(before)).toEqual([{ matched: 0, reason: 'no match: status' }]);
    const bad = await s.ask('PATCH', path, { body: { filter: { any: [{ pipeline: 'Nowhere' }] } } });
    expect(bad.json.error.fields).toEqual([
      { field: 'filter.any.0.pipeline', message: 'there is no pipeline with this name or id' },
    ]);
    expect((await s.ask('PATCH', path, { body: { filter: null } })).json.filter).toBeNull();
    await contact({ status: 'customer' });
    expect(await queued(webhook)).toBe(2);
  });

  test('another workspace can not name our pipelines', async () => {
    const { json } = await s.ask('POST', '/api/v1/pipelines', {
      body: { name: 'Ours', stages: [{ name: 'a' }] },
    });
    for (const pipeline of [json.id, 'Ours']) {
      const body = { name: 'x', url: 'http://127.0.0.1:9/', events: ['*'], filter: { pipeline } };
      const reply = await s.ask('POST', HOOKS, { as: s.charlie, body });
      expect(reply.json.error.fields[0].field).toBe('filter.pipeline');
    }
  });

  test('a test goes out whatever the filter', async () => {
    const receiver = await startReceiver();
    const webhook = await hook({ url: receiver.url, filter: { tag: 'vip' } });
    await s.ask('POST', `${HOOKS}/${webhook.id}/test`, { body: { event_type: 'contact.created' } });
    expect(await receiver.waitFor(1)).toHaveLength(1);
    await receiver.close();
  });
});
