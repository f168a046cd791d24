import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { makeIdempotency } from '../../src/account/idempotency.ts';
import { deal, type Deal, type DealInput } from '../../src/crm/deals/deal.ts';
import { placeDeal } from '../../src/crm/pipelines/deal-placement.ts';
import { makeWorkspaceSettings } from '../../src/account/workspace-settings.ts';
import { fillCurrency } from '../../src/record/workspace-currency.ts';
import { makePipelines } from '../../src/crm/pipelines/pipeline-store.ts';
import type { LaneKey } from '../../src/events/outbox.ts';
import type { Writer } from '../../src/record/record-plan.ts';
import { makeRecordService, type RecordService } from '../../src/record/record-service.ts';
import type { Source } from '../../src/record/source.ts';
import { makeRecordStore } from '../../src/record/record-store.ts';
import { makeReferences } from '../../src/record/reference.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const SOURCE: Source = { sent: {}, sentText: () => '{}', client: { address: '', referrer: undefined } };

let s: Scenario;
let deals: RecordService<Deal, DealInput>;
let writer: Writer;
const notified: LaneKey[] = [];

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  const newId = idMaker(systemClock.now);
  const { db } = s;
  const parts = {
    db,
    clock: systemClock,
    newId,
    notify: (lanes: LaneKey[]) => void notified.push(...lanes),
    idempotency: makeIdempotency(db, makeSealer(Buffer.alloc(32, 7))),
    references: makeReferences(db, []),
    wildcardFormats: () => ['standard', 'automatenexus', 'axcelerate'],
    oneEventFormats: ['axcelerate'],
  };
  deals = makeRecordService(deal, makeRecordStore(deal, parts), parts, {
    enrich: [placeDeal(makePipelines(parts)), fillCurrency(makeWorkspaceSettings(parts))],
  });
  writer = { workspaceId: s.alice.workspaceId, actor: 'test' };
});
afterAll(() => s.stop());

const hook = async (events: string[], more: object = {}) => {
  const body = { name: events.join(), url: 'http://127.0.0.1:9/', events, ...more };
  const { json } = await s.ask('POST', '/api/v1/webhooks', { body });
  return json.id as string;
};
const queuedFor = async () => {
  const { rows } = await s.db.pool.query<{ id: string; type: string }>(
    "select 'wh_' || replace(endpoint_id::text, '-', '') as id, event_type as type from queue order by 1, 2",
  );
  await s.db.pool.query('delete from queue');
  return rows;
};
const create = async (input: DealInput) => {
  const plan = await deals.plan(writer, input, SOURCE);
  await deals.store.create(writer, [plan], { status: 201, body: plan.text });
  await queuedFor();
  return plan.id;
};
const change = (id: string) => ({
  writer,
  id,
  expected: null,
  answer: () => ({ status: 200, body: '' }),
});

describe('a preview equals the effect of the write, and writes nothing', () => {
  const webhooks = async (found: { id: string; events: string[] }[]) =>
    found
      .flatMap(({ id, events }) => events.map((type) => ({ id: `wh_${id.replaceAll('-', '')}`, type })))
      .toSorted((a, b) => (a.id + a.type < b.id + b.type ? -1 : 1));

  beforeAll(async () => {
    await hook(['*']);
    await hook(['deal.created', 'deal.updated']);
    await hook(['deal.stage_changed', 'deal.won']);
    await hook(['*'], { format: 'axocrm' });
    await hook(['deal.created', 'deal.won', 'deal.updated'], {
      filter: { field: 'value', greater: 1000 },
    });
    const paused = await hook(['*']);
    await s.ask('PATCH', `/api/v1/webhooks/${paused}`, { body: { active: false } });
  });

  test.each([
    ['below the filter of a webhook', { name: 'Small', value: 10 }],
    ['above it', { name: 'Large', value: 5000 }],
    ['without a value', { name: 'Open' }],
  ])('of a new record: %s', async (_name, input) => {
    const before = await s.db.pool.query('select count(*) from deal');
    const preview = await deals.previewCreate(writer, input, SOURCE);
    expect(await queuedFor()).toEqual([]);
    expect((await s.db.pool.query('select count(*) from deal')).rows).toEqual(before.rows);

    const plan = await deals.plan(writer, input, SOURCE);
    await deals.store.create(writer, [plan], { status: 201, body: plan.text });
    expect(await webhooks(preview.webhooks)).toEqual(await queuedFor());
    const {
      id: _id,
      created_at: _at,
      updated_at: _and,
      ...record
    } = (await deals.store.get(writer.workspaceId, plan.id))!;
    expect(preview).toMatchObject({ record, changed: null, events: ['deal.created'] });
  });

  test.each<[string, Partial<DealInput>, string[]]>([
    ['a value', { value: 2000 }, ['deal.updated']],
    ['won', { status: 'won' }, ['deal.won']],
    ['nothing', { name: 'Deal' }, []],
  ])('of a change: %s', async (_name, sent, events) => {
    const id = await create({ name: 'Deal', value: 1500 });
    const source = { ...SOURCE, sent };
    const preview = await deals.previewChange(change(id), { change: sent, source });
    expect(preview.events).toEqual(events);
    expect(await queuedFor()).toEqual([]);
    expect((await deals.store.get(writer.workspaceId, id))!.version).toBe(1);

    await deals.update(change(id), { change: sent, source });
    expect(await webhooks(preview.webhooks)).toEqual(await queuedFor());
    const after = (await deals.store.get(writer.workspaceId, id))!;
    expect(after).toMatchObject({ ...sent, version: events.length > 0 ? 2 : 1 });
    expect(Object.keys(preview.changed ?? {}).toSorted()).toEqual(
      events.length === 0 ? [] : Object.keys({ ...sent, ...(sent.status && { closed_at: 0 }) }).toSorted(),
    );
  });

  test('an unknown reference and an unknown record are refused as in a write', async () => {
    const contact_id = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';
    await expect(deals.previewCreate(writer, { name: 'x', contact_id }, SOURCE)).rejects.toMatchObject({
      code: 'validation_error',
    });
    await expect(
      deals.previewChange(change(contact_id), { change: { name: 'x' }, source: SOURCE }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});
