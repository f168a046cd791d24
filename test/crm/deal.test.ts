import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReceiver } from '../kit/receiver.ts';
import { runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const DEALS = '/api/v1/deals';
const PIPELINES = '/api/v1/pipelines';
interface Shown {
  id: string;
  version: number;
  name: string;
  is_default: boolean;
  stages: { id: string; name: string }[];
}
const run = (item: Omit<ApiCase, 'name'>) => runCase(s, { name: '', ...item });
const all = async (as: Person = s.alice): Promise<Shown[]> =>
  (await s.ask('GET', PIPELINES, { as })).json.data;
const main = async (as?: Person) => (await all(as)).find((item) => item.is_default)!;
async function make<T = { id: string }>(path: string, body: object, as: Person = s.alice): Promise<T> {
  const reply = await s.ask('POST', path, { as, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
const pipeline = (name: string, stages: string[], more: object = {}) =>
  make<Shown>(PIPELINES, { name, stages: stages.map((stage) => ({ name: stage })), ...more });
const deal = (more: object = {}) => make(DEALS, { name: 'Acme', ...more });

describe('pipelines', () => {
  test('a workspace starts with one, also for twenty concurrent first requests', async () => {
    const { id } = await s.app.workspaces.create({ name: 'Fresh' });
    const key = await s.app.keys.create({ workspaceId: id, name: 'k', style: 'fairlead', createdBy: 'test' });
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => s.ask('POST', DEALS, { as: key.raw, body: { name: 'At once' } })),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const { data } = (await s.ask('GET', PIPELINES, { as: key.raw })).json;
    expect(data).toHaveLength(1);
    expect(data[0].is_default).toBe(true);
    expect(new Set(replies.map(({ json }) => json.stage_id))).toEqual(new Set([data[0].stages[0].id]));
  });

  test('sending all stages renames, reorders, adds and removes stages', async () => {
    const made = await pipeline('Renewals', ['Due', 'Asked', 'Signed']);
    expect(made).toMatchObject({ version: 1, is_default: false });
    const [due, requested, signed] = made.stages;
    const reply = await s.ask('PATCH', `${PIPELINES}/${made.id}`, {
      body: { stages: [signed, { ...due, name: 'Coming up' }, { name: 'Called' }] },
    });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json.stages).toEqual([
      signed,
      { id: due!.id, name: 'Coming up', probability: null },
      { id: expect.any(String), name: 'Called', probability: null },
    ]);
    expect(reply.json.version).toBe(2);
    expect((await s.ask('GET', `${PIPELINES}/${made.id}`)).json).toEqual(reply.json);
    await run({
      method: 'POST',
      path: DEALS,
      body: { name: 'a', stage_id: requested!.id },
      status: 400,
      fields: ['stage_id'],
    });
    // What was read can be sent back.
    const put = await s.ask('PUT', `${PIPELINES}/${made.id}`, { body: reply.json });
    expect(put.json.stages).toEqual(reply.json.stages);
  });

  test('there is always exactly one default, which can be changed', async () => {
    const before = await main();
    const made = await pipeline('Partners', ['First'], { is_default: true });
    expect((await all()).filter((item) => item.is_default).map(({ id }) => id)).toEqual([made.id]);
    expect(await deal()).toMatchObject({ pipeline_id: made.id });
    const path = `${PIPELINES}/${made.id}`;
    await run({ method: 'PATCH', path, body: { is_default: false }, status: 400, fields: ['is_default'] });
    await run({ method: 'DELETE', path, status: 409, code: 'conflict' });
    await run({
      method: 'PATCH',
      path: `${PIPELINES}/${before.id}`,
      body: { is_default: true },
      status: 200,
    });
    expect((await all()).filter((item) => item.is_default).map(({ id }) => id)).toEqual([before.id]);
  });

  test('a stage or a pipeline with deals cannot be removed; without deals it can', async () => {
    const made = await pipeline('Short', ['One', 'Two']);
    const path = `${PIPELINES}/${made.id}`;
    const [item, two] = made.stages;
    const [held, dropped] = [await deal({ stage_id: two!.id }), await deal({ stage_id: two!.id })];
    await s.ask('DELETE', `${DEALS}/${dropped.id}`);
    await run({ method: 'PATCH', path, body: { stages: [item] }, status: 409, code: 'conflict' });
    await run({ method: 'DELETE', path, status: 409, code: 'conflict' });
    expect((await s.ask('GET', path)).json).toEqual(made);
    await s.ask('PATCH', `${DEALS}/${held.id}`, { body: { stage_id: item!.id } });
    await run({ method: 'PATCH', path, body: { stages: [item] }, status: 200 });
    await s.ask('PATCH', `${DEALS}/${held.id}`, { body: { stage_id: (await main()).stages[0]!.id } });
    await run({ method: 'DELETE', path, status: 204 });
    await run({ method: 'GET', path, status: 404, code: 'not_found' });
  });

  test('a concurrent removal of a stage and move of a deal into it: one of them is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const made = await pipeline(`Race ${round}`, ['Stays', 'Goes']);
      const [stays, goes] = made.stages;
      const [removed, ...deals] = await Promise.all([
        s.ask('PATCH', `${PIPELINES}/${made.id}`, { body: { stages: [stays] } }),
        ...Array.from({ length: 10 }, () =>
          s.ask('POST', DEALS, { body: { name: 'r', stage_id: goes!.id } }),
        ),
      ]);
      const made201 = deals.filter(({ status }) => status === 201).length;
      expect(deals.every(({ status }) => status === 201 || status === 400)).toBe(true);
      expect(removed.status).toBe(made201 > 0 ? 409 : 200);
    }
  });

  test('invalid input is reported by field', async () => {
    const made = await pipeline('Bad input', ['One', 'Two']);
    const foreign = (await main()).stages[0]!;
    const path = `${PIPELINES}/${made.id}`;
    for (const [body, field] of [
      [{}, 'name'],
      [{ name: 'x' }, 'stages'],
      [{ name: 'x', stages: [] }, 'stages'],
      [{ name: 'x', stages: [{ name: 'a' }, { name: 'A' }] }, 'stages'],
      [{ name: 'x', stages: [{ name: '' }] }, 'stages.0.name'],
      [{ name: 'x', stages: [{ id: made.stages[0]!.id, name: 'a' }] }, 'stages.0.id'],
      [{ name: 'x', stages: [{ name: 'a', colour: 'red' }] }, 'stages.0.colour'],
      [{ name: 'x\0', stages: [{ name: 'a' }] }, 'name'],
    ] as const) {
      const reply = await s.ask('POST', PIPELINES, { body });
      expect(reply.status, reply.text).toBe(400);
      expect(reply.json.error.fields.map((item: { field: string }) => item.field)).toContain(field);
    }
    const [entry] = made.stages;
    for (const [stages, field] of [
      [[entry, { id: foreign.id, name: 'b' }], 'stages.1.id'],
      [[entry, { ...entry, name: 'b' }], 'stages.1.id'],
    ] as const) {
      await run({ method: 'PATCH', path, body: { stages }, status: 400, fields: [field] });
    }
    await run({
      method: 'PATCH',
      path,
      body: { name: 'y' },
      headers: { 'if-match': '"9"' },
      status: 412,
      code: 'precondition_failed',
    });
    expect((await s.ask('GET', path)).json).toEqual(made);
  });

  test('a repeated Idempotency-Key creates one', async () => {
    const again = () =>
      s.ask('POST', PIPELINES, {
        body: { name: 'Once', stages: [{ name: 'a' }] },
        headers: { 'idempotency-key': 'one-pipeline' },
      });
    const [first, second] = [await again(), await again()];
    expect(second.json).toEqual(first.json);
    expect((await all()).filter(({ name }) => name === 'Once')).toHaveLength(1);
  });

  test('every route: 403 without the scope; 404 for another workspace', async () => {
    const made = await pipeline('Guarded', ['One']);
    const path = `${PIPELINES}/${made.id}`;
    const reader = await s.person(['pipelines:read']);
    await run({ method: 'GET', path, as: reader, status: 200 });
    await run({ method: 'GET', path, as: s.bob, status: 403, code: 'forbidden' });
    await run({ method: 'GET', path: PIPELINES, as: s.bob, status: 403, code: 'forbidden' });
    for (const [method, to, body] of [
      ['POST', PIPELINES, { name: 'x', stages: [{ name: 'a' }] }],
      ['PATCH', path, { name: 'x' }],
      ['PUT', path, { name: 'x' }],
      ['DELETE', path, undefined],
    ] as const) {
      await run({ method, path: to, as: reader, body, status: 403, code: 'forbidden' });
    }
    await run({ method: 'GET', path, as: s.charlie, status: 404 });
    await run({ method: 'PATCH', path, as: s.charlie, body: { name: 'x' }, status: 404 });
    await run({ method: 'DELETE', path, as: s.charlie, status: 404 });
    expect((await all(s.charlie)).map(({ id }) => id)).not.toContain(made.id);
  });
});

describe('the pipeline and stage of a deal', () => {
  let other: Shown;
  beforeAll(async () => {
    other = await pipeline('Other', ['A', 'B']);
  });

  test('a stage determines its pipeline, a pipeline alone its first stage', async () => {
    const [a, b] = other.stages;
    expect(await deal({ stage_id: b!.id })).toMatchObject({ pipeline_id: other.id, stage_id: b!.id });
    expect(await deal({ pipeline_id: other.id })).toMatchObject({ pipeline_id: other.id, stage_id: a!.id });
    const both = { pipeline_id: other.id, stage_id: b!.id.toUpperCase() };
    expect(await deal(both)).toMatchObject({ pipeline_id: other.id, stage_id: b!.id });
  });

  test('a stage of another pipeline, or a stage or pipeline that does not exist here, is refused by field', async () => {
    const theirs = await main(s.charlie);
    const { id } = await deal();
    for (const [body, field] of [
      [{ pipeline_id: (await main()).id, stage_id: other.stages[0]!.id }, 'stage_id'],
      [{ stage_id: theirs.stages[0]!.id }, 'stage_id'],
      [{ pipeline_id: theirs.id }, 'pipeline_id'],
      [{ stage_id: other.id }, 'stage_id'],
      [{ pipeline_id: 'nonsense' }, 'pipeline_id'],
    ] as const) {
      await run({ method: 'POST', path: DEALS, body: { name: 'x', ...body }, status: 400, fields: [field] });
      await run({ method: 'PATCH', path: `${DEALS}/${id}`, body, status: 400, fields: [field] });
    }
  });

  test('lists can be filtered by pipeline and stage', async () => {
    const made = await pipeline('Listed', ['A', 'B']);
    const [a, b] = [
      await deal({ stage_id: made.stages[0]!.id }),
      await deal({ stage_id: made.stages[1]!.id }),
    ];
    const list = async (query: string) =>
      (await s.ask('GET', `${DEALS}?${query}`)).json.data.map((item: { id: string }) => item.id);
    expect(await list(`pipeline_id=${made.id}`)).toEqual([b.id, a.id]);
    expect(await list(`stage_id=${made.stages[0]!.id}`)).toEqual([a.id]);
  });

  test('title is an alias of name; name takes precedence', async () => {
    expect(await make(DEALS, { title: 'By title' })).toMatchObject({ name: 'By title' });
    expect(await make(DEALS, { title: 'By title', name: 'By name' })).toMatchObject({ name: 'By name' });
    expect(await make(DEALS, { name: 'x' })).not.toHaveProperty('title');
  });

  test.each([
    ['value', -1],
    ['value', 0.00001],
    ['value', 1e12],
    ['value', '5000'],
    ['currency', 'POUND'],
    ['currency', 'ZZZ'],
    ['status', 'closed'],
    ['expected_close_date', 'soon'],
    ['name', ''],
  ])('%s: %j is refused', async (field, value) => {
    await run({
      method: 'POST',
      path: DEALS,
      body: { name: 'x', [field]: value },
      status: 400,
      fields: [field],
    });
  });

  test.each([0, 0.1, 0.0001, 19.99, 123_456_789.1234, 999_999_999_999])(
    'the value %d is returned as sent',
    async (value) => {
      const { id } = await deal({ value, currency: 'gbp' });
      expect((await s.ask('GET', `${DEALS}/${id}`)).json).toMatchObject({ value, currency: 'GBP' });
    },
  );
});

describe('AX10: events of an action', () => {
  test('of moves, wins, losses and updates', async () => {
    const { stages, id: pipelineId } = await main();
    const [first, second] = stages;
    const path = `${DEALS}/${(await deal()).id}`;
    const patch = (body: object, events: string[], check?: ApiCase['check']) =>
      run({ method: 'PATCH', path, body, status: 200, events, ...(check && { check }) });
    await patch({ stage_id: second!.id }, ['deal.stage_changed']);
    await patch({ stage_id: second!.id }, []);
    // Sending its present pipeline is no move.
    await patch({ pipeline_id: pipelineId }, [], ({ json }) => expect(json.stage_id).toBe(second!.id));
    await patch({ value: 10 }, ['deal.updated']);
    await patch({ stage_id: first!.id, value: 20 }, ['deal.stage_changed', 'deal.updated']);
    await patch({ status: 'won', value: 30 }, ['deal.won'], ({ json }) =>
      expect(json).toMatchObject({ status: 'won', value: 30, closed_at: json.updated_at }),
    );
    await patch({ status: 'won' }, []);
    await patch({ status: 'open' }, ['deal.updated'], ({ json }) => expect(json.closed_at).toBeNull());
    await patch({ status: 'lost', stage_id: second!.id, lost_reason: 'Price' }, [
      'deal.stage_changed',
      'deal.lost',
    ]);
    await patch({ lost_reason: 'Timing' }, ['deal.updated']);
    await run({ method: 'DELETE', path, status: 204, events: ['deal.deleted'] });
  });

  test('sending back a whole deal changes nothing', async () => {
    const { id } = await deal({ value: 5, status: 'won' });
    const body = (await s.ask('GET', `${DEALS}/${id}`)).json;
    await run({ method: 'PUT', path: `${DEALS}/${id}`, body, status: 200, events: [] });
  });

  test('a move is deal.updated in axocrm, and deal.stage_changed in standard', async () => {
    const receiver = await startReceiver();
    try {
      for (const [format, events] of [
        ['axocrm', ['deal.updated']],
        ['standard', ['deal.updated']],
        ['standard', ['deal.stage_changed']],
      ] as const) {
        const reply = await s.ask('POST', '/api/v1/webhooks', {
          body: { name: 'w', url: `${receiver.url}/${format}/${events[0]}`, format, events },
        });
        expect(reply.json.events).toEqual(events);
      }
      const { id } = await deal();
      const [, second] = (await main()).stages;
      await s.ask('PATCH', `${DEALS}/${id}`, { body: { stage_id: second!.id } });
      const rendered = (await receiver.waitFor(2)).map(({ url, rawBody }) => [
        url,
        JSON.parse(String(rawBody)).type,
      ]);
      expect(rendered.sort(([a], [b]) => (a! < b! ? -1 : 1))).toEqual([
        ['/axocrm/deal.updated', 'deal.updated'],
        ['/standard/deal.stage_changed', 'deal.stage_changed'],
      ]);
    } finally {
      await receiver.close();
    }
  });

  test('the timeline of a deal holds its previous stage', async () => {
    const { stages } = await main();
    const { id } = await deal();
    await s.ask('PATCH', `${DEALS}/${id}`, { body: { stage_id: stages[1]!.id } });
    const [move] = (await s.ask('GET', `/api/v1/activities/${id}`)).json.data;
    expect(move).toMatchObject({ type: 'deal.stage_changed', changed: { stage_id: stages[0]!.id } });
  });
});
