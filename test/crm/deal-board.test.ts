import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const DEALS = '/api/v1/deals';
const PIPELINES = '/api/v1/pipelines';
interface Stage {
  id: string;
  name: string;
  probability: number | null;
}
interface Shown {
  id: string;
  version: number;
  stages: Stage[];
}
const run = (item: Omit<ApiCase, 'name'>) => runCase(s, { name: '', ...item });
async function make<T = { id: string }>(path: string, body: object, as: Person = s.alice): Promise<T> {
  const reply = await s.ask('POST', path, { as, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
// Responses have every shape.
// oxlint-disable-next-line typescript/no-explicit-any
async function get<T = any>(path: string, as: Person = s.alice): Promise<T> {
  const reply = await s.ask('GET', path, { as });
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
}
const pipeline = (name: string, stages: (string | object)[]) =>
  make<Shown>(PIPELINES, {
    name,
    stages: stages.map((stage) => (typeof stage === 'string' ? { name: stage } : stage)),
  });
const namesOf = async (id: string) => (await get<Shown>(`${PIPELINES}/${id}`)).stages.map(({ name }) => name);
async function deals(records: object[]): Promise<{ id: string; stage_id: string }[]> {
  const reply = await s.ask('POST', `${DEALS}/batch`, { body: { records } });
  return reply.json.results.map(({ record }: { record: unknown }) => record);
}

describe('the probability of a stage', () => {
  test('is set with the stages, kept if it is left out, and cleared by null', async () => {
    const made = await pipeline('Chances', [
      { name: 'A', probability: 0 },
      { name: 'B', probability: 100 },
      'C',
    ]);
    expect(made.stages.map(({ probability }) => probability)).toEqual([0, 100, null]);
    const [a, b, c] = made.stages;
    const { json } = await s.ask('PATCH', `${PIPELINES}/${made.id}`, {
      body: {
        stages: [
          { id: b!.id, name: 'B' },
          { ...a, probability: null },
          { ...c, probability: 30 },
        ],
      },
    });
    expect(json.stages.map(({ probability }: Stage) => probability)).toEqual([100, null, 30]);
  });

  test.each([-1, 101, 1.5, '10', true, 1e20])('%j is refused', async (probability) => {
    const { id } = await pipeline(`Refused ${String(probability)}`, ['A']);
    await run({
      method: 'POST',
      path: `${PIPELINES}/${id}/stages`,
      body: { name: 'B', probability },
      status: 400,
      fields: ['probability'],
    });
  });

  test('the first pipeline of a workspace has probabilities', async () => {
    const [first] = (await get(PIPELINES, s.charlie)).data;
    expect(first.stages.map(({ probability }: Stage) => probability)).toEqual([10, 30, 60, 80]);
  });
});

describe('single stages', () => {
  test('are added, read, renamed, moved and deleted', async () => {
    const made = await pipeline('Single', ['A', 'C']);
    const path = `${PIPELINES}/${made.id}/stages`;
    const created = await s.ask('POST', path, { body: { name: 'B', probability: 40, position: 2 } });
    expect(created.status, created.text).toBe(201);
    const stage = `${path}/${created.json.id}`;
    expect(created.headers.get('location')).toBe(stage);
    expect(created.json).toEqual({
      id: expect.any(String),
      pipeline_id: made.id,
      name: 'B',
      probability: 40,
      position: 2,
    });
    expect(await namesOf(made.id)).toEqual(['A', 'B', 'C']);
    expect(await get(stage)).toEqual(created.json);
    // What was read can be sent back.
    await run({ method: 'PUT', path: stage, body: created.json, status: 200 });
    await run({
      method: 'PATCH',
      path: stage,
      body: { name: 'Bee', position: 99 },
      status: 200,
      check: ({ json }) => expect(json).toMatchObject({ name: 'Bee', probability: 40, position: 3 }),
    });
    expect((await get(path)).data.map(({ name }: Stage) => name)).toEqual(['A', 'C', 'Bee']);
    await run({ method: 'DELETE', path: stage, status: 204 });
    await run({ method: 'GET', path: stage, status: 404, code: 'not_found' });
    expect(await namesOf(made.id)).toEqual(['A', 'C']);
  });

  test('a name that is taken, the only stage, and more than 100 are a conflict', async () => {
    const made = await pipeline(
      'Full',
      Array.from({ length: 100 }, (_, at) => `S${at}`),
    );
    const path = `${PIPELINES}/${made.id}/stages`;
    await run({ method: 'POST', path, body: { name: 'One more' }, status: 409, code: 'conflict' });
    const single = await pipeline('One', ['Only']);
    const only = `${PIPELINES}/${single.id}/stages`;
    await run({ method: 'POST', path: only, body: { name: 'ONLY' }, status: 409, code: 'conflict' });
    await run({ method: 'DELETE', path: `${only}/${single.stages[0]!.id}`, status: 409, code: 'conflict' });
  });

  test('invalid input is reported by field, and changes nothing', async () => {
    const made = await pipeline('Hostile stages', ['A']);
    const path = `${PIPELINES}/${made.id}/stages`;
    for (const [body, field] of [
      [{}, 'name'],
      [{ name: '' }, 'name'],
      [{ name: 'x\0' }, 'name'],
      [{ name: '\ud800' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ name: 'B', position: 0 }, 'position'],
      [{ name: 'B', position: 101 }, 'position'],
      [{ name: 'B', colour: 'red' }, 'colour'],
    ] as const)
      await run({ method: 'POST', path, body, status: 400, fields: [field] });
    await run({ method: 'GET', path: `${path}/nonsense`, status: 404 });
    await run({
      method: 'DELETE',
      path: `${path}/${made.stages[0]!.id}?move_deals_to=nonsense`,
      status: 400,
      fields: ['move_deals_to'],
    });
    expect(await namesOf(made.id)).toEqual(['A']);
  });

  test('a repeated Idempotency-Key adds one', async () => {
    const { id } = await pipeline('Once', ['A']);
    const again = () =>
      s.ask('POST', `${PIPELINES}/${id}/stages`, {
        body: { name: 'B' },
        headers: { 'idempotency-key': 'one-stage' },
      });
    const [first, second] = [await again(), await again()];
    expect(second.json).toEqual(first.json);
    expect(await namesOf(id)).toEqual(['A', 'B']);
  });

  test('people who add and move stages at once lose none, and undo nobody’s change', async () => {
    const made = await pipeline('Busy', ['A', 'B', 'C', 'D']);
    const path = `${PIPELINES}/${made.id}/stages`;
    const replies = await Promise.all([
      ...made.stages.map(({ id }, at) => s.ask('PATCH', `${path}/${id}`, { body: { position: 4 - at } })),
      ...made.stages.map(({ id }) => s.ask('PATCH', `${path}/${id}`, { body: { probability: 50 } })),
      ...['E', 'F'].map((name) => s.ask('POST', path, { body: { name, position: 1 } })),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([...Array(8).fill(200), 201, 201]);
    const { stages } = await get<Shown>(`${PIPELINES}/${made.id}`);
    expect(stages.map(({ name }) => name).toSorted()).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(stages.filter(({ probability }) => probability === 50)).toHaveLength(4);
  });

  test('of two who send a whole order for the same version, the second is told so', async () => {
    const made = await pipeline('Orders', ['A', 'B', 'C']);
    const order = (stages: Stage[]) =>
      s.ask('PATCH', `${PIPELINES}/${made.id}`, {
        body: { stages },
        headers: { 'if-match': `"${made.version}"` },
      });
    const [a, b, c] = made.stages as [Stage, Stage, Stage];
    const replies = await Promise.all([order([c, b, a]), order([b, a, c])]);
    expect(replies.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 412]);
    const won = replies.find(({ status }) => status === 200)!;
    expect((await get<Shown>(`${PIPELINES}/${made.id}`)).stages).toEqual(won.json.stages);
  });

  test('every route: 403 without the scope; 404 for another workspace and another pipeline', async () => {
    const made = await pipeline('Guarded', ['A', 'B']);
    const other = await pipeline('Other', ['A']);
    const path = `${PIPELINES}/${made.id}/stages`;
    const stage = `${path}/${made.stages[0]!.id}`;
    const reader = await s.person(['pipelines:read']);
    for (const to of [path, stage]) {
      await run({ method: 'GET', path: to, as: reader, status: 200 });
      await run({ method: 'GET', path: to, as: s.bob, status: 403, code: 'forbidden' });
      await run({ method: 'GET', path: to, as: s.charlie, status: 404 });
    }
    for (const [method, to, body] of [
      ['POST', path, { name: 'C' }],
      ['PATCH', stage, { name: 'C' }],
      ['PUT', stage, { name: 'C' }],
      ['DELETE', stage, undefined],
    ] as const) {
      await run({ method, path: to, as: reader, body, status: 403, code: 'forbidden' });
      await run({ method, path: to, as: s.charlie, body, status: 404 });
    }
    await run({ method: 'GET', path: stage.replace(made.id, other.id), status: 404 });
    await run({ method: 'PATCH', path: stage.replace(made.id, other.id), body: { name: 'C' }, status: 404 });
    expect(await namesOf(made.id)).toEqual(['A', 'B']);
  });
});

describe('deleting a stage that holds deals', () => {
  test('moves them, open and closed, each with deal.stage_changed; deleted deals can still be restored', async () => {
    const made = await pipeline('Leaving', ['Goes', 'Stays']);
    const [goes, stays] = made.stages as [Stage, Stage];
    const path = `${PIPELINES}/${made.id}/stages/${goes.id}`;
    const all = await deals([
      { name: 'Open', stage_id: goes.id },
      { name: 'Won', stage_id: goes.id, status: 'won' },
      { name: 'There', stage_id: stays.id },
      { name: 'Deleted', stage_id: goes.id },
    ]);
    await s.ask('DELETE', `${DEALS}/${all[3]!.id}`);
    await run({ method: 'DELETE', path, status: 409, code: 'conflict' });
    await run({
      method: 'DELETE',
      path: `${path}?move_deals_to=${goes.id}`,
      status: 400,
      fields: ['move_deals_to'],
    });
    const theirs = (await get(PIPELINES, s.charlie)).data[0].stages[0].id;
    await run({
      method: 'DELETE',
      path: `${path}?move_deals_to=${theirs}`,
      status: 400,
      fields: ['move_deals_to'],
    });
    const noDeals = await s.person(['pipelines:write', 'pipelines:read', 'deals:read']);
    await run({ method: 'DELETE', path: `${path}?move_deals_to=${stays.id}`, as: noDeals, status: 403 });
    await run({
      method: 'DELETE',
      path: `${path}?move_deals_to=${stays.id.toUpperCase()}`,
      status: 204,
      events: ['deal.stage_changed', 'deal.stage_changed'],
    });
    for (const { id } of all.slice(0, 3)) expect((await get(`${DEALS}/${id}`)).stage_id).toBe(stays.id);
    expect((await get(`${DEALS}/${all[1]!.id}`)).status).toBe('won');
    const [move] = (await get(`/api/v1/activities/${all[0]!.id}`)).data;
    expect(move).toMatchObject({ type: 'deal.stage_changed', changed: { stage_id: goes.id } });
    const restored = await s.ask('POST', `${DEALS}/${all[3]!.id}/restore`);
    expect(restored.json).toMatchObject({ stage_id: stays.id });
  });

  test('more deals than one step moves all go', async () => {
    const made = await pipeline('Many', ['Goes', 'Stays']);
    const [goes, stays] = made.stages as [Stage, Stage];
    await deals(Array.from({ length: 450 }, (_, at) => ({ name: `D${at}`, stage_id: goes.id })));
    await s.newEvents();
    const reply = await s.ask(
      'DELETE',
      `${PIPELINES}/${made.id}/stages/${goes.id}?move_deals_to=${stays.id}`,
    );
    expect(reply.status, reply.text).toBe(204);
    expect((await s.newEvents()).filter((type) => type === 'deal.stage_changed')).toHaveLength(450);
    expect((await get(`${DEALS}/totals?pipeline_id=${made.id}`)).data).toMatchObject([
      { stage_id: stays.id, count: 450 },
    ]);
  });

  test('while deals move and are created there: none is left in it, and none is lost', async () => {
    for (let round = 0; round < 3; round++) {
      const made = await pipeline(`Race ${round}`, ['Goes', 'Stays', 'Third']);
      const [goes, stays, third] = made.stages as [Stage, Stage, Stage];
      const [moving, leaving] = [
        await deals(Array.from({ length: 8 }, (_, at) => ({ name: `M${at}`, stage_id: third.id }))),
        await deals(Array.from({ length: 8 }, (_, at) => ({ name: `L${at}`, stage_id: goes.id }))),
      ];
      const [removed, ...others] = await Promise.all([
        s.ask('DELETE', `${PIPELINES}/${made.id}/stages/${goes.id}?move_deals_to=${stays.id}`),
        ...moving.map(({ id }) => s.ask('PATCH', `${DEALS}/${id}`, { body: { stage_id: goes.id } })),
        ...leaving.map(({ id }) => s.ask('PATCH', `${DEALS}/${id}`, { body: { stage_id: third.id } })),
        ...Array.from({ length: 4 }, () =>
          s.ask('POST', DEALS, { body: { name: 'New', stage_id: goes.id } }),
        ),
      ]);
      expect(removed.status, removed.text).toBe(204);
      expect(others.every(({ status }) => [200, 201, 400].includes(status))).toBe(true);
      const created = others.filter(({ status }) => status === 201).length;
      const { data } = await get(`${DEALS}?pipeline_id=${made.id}&limit=200`);
      expect(data).toHaveLength(16 + created);
      const left = new Set(data.map((item: { stage_id: string }) => item.stage_id));
      expect([...left].every((id) => id === stays.id || id === third.id)).toBe(true);
      // Whoever moved a deal out of the stage meanwhile has their way.
      for (const { id } of leaving) expect((await get(`${DEALS}/${id}`)).stage_id).toBe(third.id);
    }
  });

  test('a pipeline is deleted with a move of its deals; the default one is refused before any moves', async () => {
    const made = await pipeline('Closing', ['A', 'B']);
    const main = (await get(PIPELINES)).data.find((item: { is_default: boolean }) => item.is_default);
    const [item] = await deals([{ name: 'D', stage_id: made.stages[1]!.id }]);
    await run({
      method: 'DELETE',
      path: `${PIPELINES}/${main.id}?move_deals_to=${made.stages[0]!.id}`,
      status: 409,
      code: 'conflict',
    });
    await run({
      method: 'DELETE',
      path: `${PIPELINES}/${made.id}?move_deals_to=${main.stages[2].id}`,
      headers: { 'if-match': '"77"' },
      status: 412,
    });
    await run({
      method: 'DELETE',
      path: `${PIPELINES}/${made.id}?move_deals_to=${main.stages[2].id}`,
      status: 204,
      events: ['deal.stage_changed'],
    });
    expect(await get(`${DEALS}/${item!.id}`)).toMatchObject({
      pipeline_id: main.id,
      stage_id: main.stages[2].id,
    });
  });
});

describe('the board', () => {
  let made: Shown;
  let contact: string;
  let company: string;
  beforeAll(async () => {
    made = await pipeline('Board', [{ name: 'A', probability: 25 }, 'B', 'C']);
    contact = (await make('/api/v1/contacts', { first_name: 'Zoë', last_name: 'Smith' })).id;
    company = (await make('/api/v1/companies', { name: 'Acme Ltd' })).id;
    const [a, b] = made.stages as [Stage, Stage];
    await deals([
      { name: 'One', stage_id: a.id, value: 0.1, currency: 'EUR', contact_id: contact, company_id: company },
      { name: 'Two', stage_id: a.id, value: 0.2, currency: 'EUR', tags: ['hot'] },
      { name: 'Three', stage_id: a.id, value: 999_999_999_999, currency: 'USD' },
      { name: 'Four', stage_id: a.id, currency: 'USD' },
      { name: 'Five', stage_id: b.id, value: 5, currency: 'USD' },
      { name: 'Lost', stage_id: b.id, value: 7, currency: 'USD', status: 'lost', lost_reason: ' Price ' },
      { name: 'Lost too', stage_id: b.id, status: 'lost', lost_reason: 'price' },
      { name: 'Lost again', stage_id: b.id, status: 'lost', lost_reason: 'Timing' },
      { name: 'Lost, no reason', stage_id: b.id, status: 'lost' },
    ]);
  });

  test('counts and sums of all stages come in one response, by currency and without rounding', async () => {
    const [a, b] = made.stages as [Stage, Stage];
    const { data } = await get(`${DEALS}/totals?pipeline_id=${made.id}&status=open`);
    expect(data).toEqual([
      {
        stage_id: a.id,
        count: 4,
        values: [
          { currency: 'EUR', value: 0.3, weighted_value: 0.075 },
          { currency: 'USD', value: 999_999_999_999, weighted_value: 249_999_999_999.75 },
        ],
      },
      { stage_id: b.id, count: 1, values: [{ currency: 'USD', value: 5, weighted_value: null }] },
    ]);
    expect((await get(`${DEALS}/totals?pipeline=board&tag=HOT`)).data).toMatchObject([
      { count: 1, values: [{ value: 0.2 }] },
    ]);
    expect((await get(`${DEALS}/totals?pipeline_id=${made.id}&q=three`)).data).toMatchObject([{ count: 1 }]);
  });

  test('cards have the names of contact and company, page by page without a repeat or a gap', async () => {
    const [a] = made.stages as [Stage];
    const path = `${DEALS}/cards?stage_id=${a.id}&status=open&limit=3`;
    const first = await get(path);
    expect(first.has_more).toBe(true);
    const second = await get(first.next_url);
    expect(second).toMatchObject({ has_more: false, next_cursor: null });
    const cards = [...first.data, ...second.data];
    expect(cards.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      'Four',
      'One',
      'Three',
      'Two',
    ]);
    const card = cards.find(({ name }: { name: string }) => name === 'One');
    expect(card).toEqual({
      id: expect.any(String),
      version: 1,
      name: 'One',
      value: 0.1,
      currency: 'EUR',
      status: 'open',
      pipeline_id: made.id,
      stage_id: a.id,
      expected_close_date: null,
      owner_id: null,
      tags: [],
      updated_at: expect.any(String),
      contact: { id: contact, name: 'Zoë Smith' },
      company: { id: company, name: 'Acme Ltd' },
    });
    await s.ask('PATCH', `${DEALS}/${cards.at(-1).id}`, { body: { notes: 'Latest' } });
    expect((await get(path)).data[0].id).toBe(cards.at(-1).id);
    await run({ method: 'GET', path: `${path}&status=won&cursor=${first.next_cursor}`, status: 400 });
  });

  test('a name is shown to those only who may read its record, and not of a deleted one', async () => {
    const [a] = made.stages as [Stage];
    const path = `${DEALS}/cards?stage_id=${a.id}&q=one`;
    const reader = await s.person(['deals:read', 'companies:read']);
    const [card] = (await get(path, reader)).data;
    expect(card).toMatchObject({ contact: { id: contact, name: null }, company: { name: 'Acme Ltd' } });
    await s.ask('DELETE', `/api/v1/companies/${company}`);
    expect((await get(path)).data[0]).toMatchObject({
      contact: { name: 'Zoë Smith' },
      company: { id: company, name: null },
    });
  });

  test('lost reasons come most frequent first, ignoring case and blanks', async () => {
    const { data } = await get(`${DEALS}/lost-reasons`);
    expect(data).toEqual([
      { reason: expect.stringMatching(/^price$/i), count: 2 },
      { reason: 'Timing', count: 1 },
    ]);
    expect((await get(`${DEALS}/lost-reasons`, s.charlie)).data).toEqual([]);
  });

  test('a lost reason is in the event and in the timeline', async () => {
    const [item] = await deals([{ name: 'Soon lost', stage_id: made.stages[2]!.id }]);
    await run({
      method: 'PATCH',
      path: `${DEALS}/${item!.id}`,
      body: { status: 'lost', lost_reason: 'Went elsewhere' },
      status: 200,
      events: ['deal.lost'],
    });
    const { data } = await get('/api/v1/events?types=deal.lost');
    expect(data.at(-1).data).toMatchObject({ id: item!.id, lost_reason: 'Went elsewhere' });
    const [entry] = (await get(`/api/v1/activities/${item!.id}`)).data;
    expect(entry.type).toBe('deal.lost');
    expect(entry.changed).toHaveProperty('lost_reason');
  });

  test('its routes: 403 without the scope, nothing of another workspace, and bad input by field', async () => {
    const [a] = made.stages as [Stage];
    for (const path of ['cards', 'totals', 'lost-reasons'])
      await run({ method: 'GET', path: `${DEALS}/${path}`, as: s.bob, status: 403, code: 'forbidden' });
    expect((await get(`${DEALS}/cards?stage_id=${a.id}`, s.charlie)).data).toEqual([]);
    expect((await get(`${DEALS}/totals?pipeline_id=${made.id}`, s.charlie)).data).toEqual([]);
    for (const [query, field] of [
      ['cards?stage_id=nonsense', 'stage_id'],
      ['cards?limit=201', 'limit'],
      ['cards?cursor=nonsense', 'cursor'],
      ['cards?sort=name', 'sort'],
      ['totals?pipeline_id=nonsense', 'pipeline_id'],
      ['totals?limit=5', 'limit'],
      ['totals?q=%00', 'q'],
      ['lost-reasons?x=1', 'x'],
    ] as const)
      await run({ method: 'GET', path: `${DEALS}/${query}`, status: 400, fields: [field] });
  });
});
