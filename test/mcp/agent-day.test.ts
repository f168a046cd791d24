import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAudit } from '../../src/account/audit.ts';
import { makeCallers } from '../../src/account/caller.ts';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { KEY_STYLES, SCOPES } from '../../src/catalogue.ts';
import { ApiCaller, routesByPath } from '../../src/mcp/api-caller.ts';
import { makeOperations } from '../../src/mcp/operation-store.ts';
import { undoStep } from '../../src/mcp/undo-step.ts';
import { MODULE_NOUNS } from '../../src/modules.ts';
import { mcpClient } from '../kit/mcp-client.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let agent: Awaited<ReturnType<typeof mcpClient>>;
const URL = 'http://127.0.0.1:9/';

beforeAll(async () => {
  s = await startScenario();
  await s.ask('POST', '/api/v1/webhooks', { body: { name: 'ERP', url: URL, events: ['deal.updated'] } });
  const body = { name: 'assistant', scopes: ['*'], kind: 'agent', budget: { writes_per_hour: 1000 } };
  const key = (await s.ask('POST', '/api/v1/api-keys', { body })).json.key;
  agent = await mcpClient(s, key);
});
afterAll(async () => {
  await agent.close();
  await s.stop();
});

const get = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json;

describe("an agent's day", () => {
  let contactId: string;
  let dealId: string;

  test('finds a contact, reads its fields and its history', async () => {
    const body = { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com' };
    contactId = (await s.ask('POST', '/api/v1/contacts', { body })).json.id;
    await expect
      .poll(async () => (await agent.call('search', { q: 'jane doe' })).results[0]?.id)
      .toBe(contactId);
    const { record, url } = await agent.call('get', { type: 'contact', id: contactId });
    expect(record.email).toBe('jane@example.com');
    expect(url).toContain(`/contacts/${contactId}`);
    const { data } = await agent.call('timeline', { type: 'contact', id: contactId });
    expect(data.map((entry: { type: string }) => entry.type)).toEqual(['contact.created']);
    const { pipelines, members } = await agent.call('schema', { type: 'deal' });
    expect(pipelines[0].stages.length).toBeGreaterThan(1);
    expect(members).toEqual([]);
  });

  test('logs a note and a task about it', async () => {
    const about = { type: 'contact', id: contactId };
    const note = await agent.call('log_activity', {
      kind: 'call',
      about,
      text: 'Wants an offer.\nBy Friday.',
    });
    expect(note.results[0].record).toMatchObject({ type: 'call', contact_id: contactId });
    const task = await agent.call('log_activity', {
      kind: 'task',
      about,
      text: 'Send the offer\nWith a discount.',
    });
    expect(task.results[0].record).toMatchObject({
      title: 'Send the offer',
      description: 'With a discount.',
    });
  });

  test('creates a deal and moves it; undo moves it back, and says what cannot be recalled', async () => {
    const values = { name: 'Harbour', value: 5000, contact_id: contactId };
    const made = await agent.call('create', { type: 'deal', values });
    dealId = made.results[0].id;
    const before = await get(`deals/${dealId}`);
    const { pipelines } = await agent.call('schema', { type: 'deal' });
    const stages: { id: string; type: string }[] = pipelines[0].stages;
    const next = stages.find(({ id }) => id !== before.stage_id)!.id;
    const moved = await agent.call('update', { type: 'deal', ids: [dealId], values: { stage_id: next } });
    expect(moved.results[0].changes.stage_id).toEqual({ from: before.stage_id, to: next });
    expect(moved.results[0].events).toContain('deal.stage_changed');
    expect((await get(`deals/${dealId}`)).stage_id).toBe(next);

    const planned = await agent.call('undo', { operation_id: moved.operation_id, dry_run: true });
    expect(planned).toMatchObject({
      undone: true,
      results: [{ state: 'would_be_undone', restored: { stage_id: before.stage_id } }],
    });
    expect((await get(`deals/${dealId}`)).stage_id).toBe(next);
    const undone = await agent.call('undo', { operation_id: moved.operation_id });
    expect(undone).toMatchObject({ undone: true, results: [{ state: 'undone' }] });
    expect(undone.cannot_be_recalled.events).toHaveLength(1);
    expect((await get(`deals/${dealId}`)).stage_id).toBe(before.stage_id);
    expect((await agent.refusal('undo', { operation_id: moved.operation_id })).error.code).toBe('conflict');
  });

  test('plans a bulk change, makes it, and undoes it; the plan and the change agree', async () => {
    const deals = await Promise.all(
      [1, 2, 3].map((n) => s.ask('POST', '/api/v1/deals', { body: { name: `Deal ${n}`, value: n } })),
    );
    const ids = deals.map(({ json }) => json.id as string);
    const values = { value: 7, tags: ['reviewed'], custom_fields: { reviewed_by: 'agent' } };
    const change = { type: 'deal', ids, values };
    await s.newEvents();
    const planned = await agent.call('update', { ...change, dry_run: true });
    expect(planned.summary).toMatchObject({ records: 3, webhook_calls: 3, refused: 0 });
    expect(planned.results[0].webhooks).toEqual([
      { id: expect.any(String), name: 'ERP', url: URL, events: ['deal.updated'] },
    ]);
    expect(await s.newEvents()).toEqual([]);
    const changed = await agent.call('update', change);
    expect(changed.results.map((item: { changes: object }) => item.changes)).toEqual(
      planned.results.map((item: { changes: object }) => item.changes),
    );
    expect((await s.newEvents()).toSorted()).toEqual(
      planned.results.flatMap((item: { events: string[] }) => item.events).toSorted(),
    );
    expect(await get(`deals/${ids[0]}`)).toMatchObject({ value: 7, tags: ['reviewed'] });
    const undone = await agent.call('undo', { operation_id: changed.operation_id });
    expect(undone.undone).toBe(true);
    for (const [at, id] of ids.entries())
      expect(await get(`deals/${id}`)).toMatchObject({ value: at + 1, tags: [], custom_fields: {} });
    // The undoing is an operation, too.
    await agent.call('undo', { operation_id: undone.operation_id });
    expect((await get(`deals/${ids[1]}`)).value).toBe(7);
  });

  test('undo leaves what somebody else has changed since, and says who and which field', async () => {
    const change = { type: 'deal', ids: [dealId], values: { name: 'Harbour 2', value: 1 } };
    const { operation_id } = await agent.call('update', change);
    await s.ask('PATCH', `/api/v1/deals/${dealId}`, { body: { value: 2 } });
    const undone = await agent.call('undo', { operation_id });
    expect(undone).toMatchObject({ undone: false, results: [{ state: 'conflict' }] });
    expect(undone.results[0].conflicts).toEqual([
      { field: 'value', now: 2, changed_by: expect.any(String), changed_at: expect.any(String) },
    ]);
    expect(await get(`deals/${dealId}`)).toMatchObject({ name: 'Harbour 2', value: 2 });
    // Once the field is as the operation left it, it can be undone.
    await s.ask('PATCH', `/api/v1/deals/${dealId}`, { body: { value: 1 } });
    expect((await agent.call('undo', { operation_id })).undone).toBe(true);
    expect(await get(`deals/${dealId}`)).toMatchObject({ name: 'Harbour', value: 5000 });
  });

  test('undo deletes what was created, also for an agent that may not delete, unless somebody has worked on it', async () => {
    expect((await agent.tools()).map(({ name }) => name)).not.toContain('delete');
    const made = await agent.call('create', { type: 'company', values: { name: 'Acme' } });
    const { id } = made.results[0];
    await s.ask('PATCH', `/api/v1/companies/${id}`, { body: { industry: 'Ports' } });
    const refused = await agent.call('undo', { operation_id: made.operation_id });
    expect(refused.results[0]).toMatchObject({ state: 'conflict', conflicts: [{ what: 'company.updated' }] });
    const other = await agent.call('create', { type: 'company', values: { name: 'Acme' } });
    expect((await agent.call('undo', { operation_id: other.operation_id })).undone).toBe(true);
    expect((await s.ask('GET', `/api/v1/companies/${other.results[0].id}`)).status).toBe(404);
  });

  test('a person deletes over MCP, and undo restores', async () => {
    const alice = await mcpClient(s, s.alice);
    const { id } = (await s.ask('POST', '/api/v1/tasks', { body: { title: 'Call' } })).json;
    const planned = await alice.call('delete', { type: 'task', ids: [id], dry_run: true });
    expect(planned.results[0]).toMatchObject({ deletes: 'Call', events: ['task.deleted'] });
    const { operation_id } = await alice.call('delete', { type: 'task', ids: [id] });
    expect((await s.ask('GET', `/api/v1/tasks/${id}`)).status).toBe(404);
    expect((await alice.call('undo', { operation_id })).results[0].state).toBe('undone');
    expect((await get(`tasks/${id}`)).title).toBe('Call');
    await alice.close();
  });

  test('a retry with the same key does it once', async () => {
    const ask = { type: 'company', values: { name: 'Once' }, retry_key: 'retry-1' };
    const [first, second] = [await agent.call('create', ask), await agent.call('create', ask)];
    expect(second.results[0].id).toBe(first.results[0].id);
    expect(second.operation_id).toBe(first.operation_id);
  });

  test('another write under the same retry key is an operation of its own', async () => {
    const { json } = await s.ask('POST', '/api/v1/companies', { body: { name: 'Ports', industry: 'A' } });
    const change = { type: 'company', id: json.id, retry_key: 'retry-2' };
    const first = await agent.call('update', { ...change, values: { industry: 'B' } });
    const second = await agent.call('update', { ...change, values: { industry: 'C' } });
    expect(second.operation_id).not.toBe(first.operation_id);
    expect((await agent.call('undo', { operation_id: second.operation_id })).undone).toBe(true);
    expect((await get(`companies/${json.id}`)).industry).toBe('B');
  });

  test.each([
    ['update', { industry: 'Ships' }, 'conflict'],
    ['create', { name: 'Raced' }, 'conflict'],
  ] as const)(
    'undo of %s does not overwrite a change that is made while it compares',
    async (name, values, state) => {
      const made = await agent.call('create', { type: 'company', values: { name: 'Raced' } });
      const { id } = made.results[0];
      const { operation_id: operationId } =
        name === 'create' ? made : await agent.call('update', { type: 'company', id, values });
      const operations = makeOperations(s.db, makeAudit(s.db, systemClock, idMaker(Date.now)), systemClock);
      const { steps } = (await operations.find(s.alice.workspaceId, operationId))!;
      const caller = await makeCallers(s.db, systemClock, SCOPES, KEY_STYLES).authenticate(s.alice.key);
      const somebody = await s.person(['*']);
      /** Somebody changes the record right after undo has compared it. */
      let isRaced = false;
      class Raced extends ApiCaller {
        override async call(...args: Parameters<ApiCaller['call']>) {
          if (args[0] !== 'GET' && !isRaced) {
            isRaced = true;
            await s.ask('PATCH', `/api/v1/companies/${id}`, { as: somebody, body: { industry: 'Rivers' } });
          }
          return super.call(...args);
        }
      }
      const client = { address: '127.0.0.1', signal: new AbortController().signal };
      const api = new Raced(s.server.api!, routesByPath(s.server.api!), caller, client);
      const parts = { nouns: MODULE_NOUNS, operations, clock: systemClock, newId: idMaker(Date.now) };
      const undone = await undoStep({ ...parts, api, baseUrl: () => s.url }, steps[0]!, false);
      expect(isRaced).toBe(true);
      expect(undone.state).toBe(state);
      expect((await get(`companies/${id}`)).industry).toBe('Rivers');
    },
  );

  test('reads the feed, and learns why a webhook did not get an event', async () => {
    const { data, next_after } = await agent.call('events', { types: ['deal.updated'], limit: 5 });
    expect(data).toHaveLength(5);
    expect(next_after).toBe(data.at(-1).id);
    const { deliveries } = await agent.call('explain_delivery', { event_id: data[0].id });
    expect(deliveries[0].explanation).toContain('The webhook "ERP"');
    const created = await agent.call('events', { types: ['contact.created'] });
    const none = await agent.call('explain_delivery', { event_id: created.data[0].id });
    expect(none.explanation).toContain('no active webhook is subscribed');
  });

  test('every write is in the audit log, with its operation', async () => {
    const { data } = await get('audit?limit=200');
    const mine = data.filter((line: { object_type: string }) => line.object_type === 'operation');
    expect(mine.length).toBeGreaterThan(10);
    expect(mine.at(-1)).toMatchObject({
      action: 'operation.created',
      actor: { name: 'assistant', is_agent: true },
      details: { via: 'mcp', tool: 'log_activity', records: 1 },
    });
  });
});
