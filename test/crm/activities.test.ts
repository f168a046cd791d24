import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { makeExtensions } from '../../src/record/extension.ts';
import { timelineRoutes } from '../../src/record/timeline-routes.ts';
import { silent } from '../kit/database.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const NOBODY = '01976d3c-0000-7000-8000-000000000000';

interface Activity {
  id: string;
  type: string;
  record_id: string;
  record_name?: string;
}

async function make(path: string, body: object): Promise<string> {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBe(201);
  return json.id;
}
const activities = (id: string, as: Person = s.alice, query = '') =>
  s.ask('GET', `/api/v1/activities/${id}${query}`, { as });
const typesOf = async (id: string, as?: Person) =>
  (await activities(id, as)).json.data.map((item: Activity) => item.type);

describe('AN10, RC14: the activities of a contact', () => {
  /** A contact with a deal, a task, a task of the deal and a converted lead; and another contact's records. */
  async function contactWithHistory() {
    const contact = await make('contacts', { first_name: 'Jane', email: 'jane@history.example' });
    const deal = await make('deals', { name: 'Deal', contact_id: contact });
    await make('tasks', { title: 'Call', contact_id: contact });
    await make('tasks', { title: 'Offer', deal_id: deal });
    const other = await make('contacts', { first_name: 'Other' });
    await make('deals', { name: 'Another', contact_id: other });
    await make('tasks', { title: 'Another', contact_id: other });
    await s.ask('PATCH', `/api/v1/deals/${deal}`, { body: { value: 5 } });
    return { contact, deal, other };
  }
  const ALL = ['deal.updated', 'task.created', 'task.created', 'deal.created', 'contact.created'];

  test('include those of its deals and tasks, newest first, and no others', async () => {
    const { contact } = await contactWithHistory();
    expect(await typesOf(contact)).toEqual(ALL);
  });

  test('include those of the lead that was converted to it', async () => {
    const lead = await make('leads', {
      name: 'Jane Lead',
      email: 'lead@story.example',
      phone: '1',
      event_date: '2026-08-15',
    });
    const { json } = await s.ask('POST', `/api/v1/leads/${lead}/convert`, { body: { deal: {} } });
    const types = await typesOf(json.lead.contact_id);
    expect(types).toEqual(
      expect.arrayContaining(['lead.created', 'lead.converted', 'contact.created', 'deal.created']),
    );
    expect(types).toHaveLength(4);
  });

  test.each([
    [['activities:read'], ['contact.created']],
    [
      ['activities:read', 'deals:read'],
      ['deal.updated', 'deal.created', 'contact.created'],
    ],
    [
      ['activities:read', 'tasks:read'],
      ['task.created', 'task.created', 'contact.created'],
    ],
    [['activities:read', 'deals:read', 'tasks:read'], ALL],
  ])('are what a key with %o may read', async (scopes, types) => {
    const { contact } = await contactWithHistory();
    expect(await typesOf(contact, await s.person(scopes))).toEqual(types);
  });

  test('are paged without duplicates while new ones are written', async () => {
    const { contact, deal } = await contactWithHistory();
    for (let value = 10; value < 20; value++)
      await s.ask('PATCH', `/api/v1/deals/${deal}`, { body: { value } });
    const whole: string[] = (await activities(contact)).json.data.map((item: Activity) => item.id);
    expect(whole).toHaveLength(ALL.length + 10);
    const read: string[] = [];
    let query: string | null = '?limit=4';
    while (query !== null) {
      const { json } = await activities(contact, s.alice, query);
      expect(json.data.length).toBeLessThanOrEqual(4);
      read.push(...json.data.map((item: Activity) => item.id));
      query = json.next_url && new URL(json.next_url, s.url).search;
      await s.ask('PATCH', `/api/v1/deals/${deal}`, { body: { value: 100 + read.length } });
    }
    expect(read).toEqual(whole);
    expect([...whole].toSorted().toReversed()).toEqual(whole);
  });

  test('leave out deleted records', async () => {
    const { contact, deal } = await contactWithHistory();
    await s.ask('DELETE', `/api/v1/deals/${deal}`);
    expect(await typesOf(contact)).toEqual(['task.created', 'contact.created']);
  });

  test('of an unknown contact, a deleted one and one of another workspace answer 404', async () => {
    const { contact, other } = await contactWithHistory();
    await s.ask('DELETE', `/api/v1/contacts/${other}`);
    for (const [id, as] of [
      [NOBODY, s.alice],
      [other, s.alice],
      [contact, s.charlie],
    ] as const) {
      const { status, json } = await activities(id, as);
      expect([status, json.error?.code]).toEqual([404, 'not_found']);
    }
  });

  test.each([
    ['company', 'companies', { name: 'Acme' }],
    ['deal', 'deals', { name: 'Harbour' }],
    ['lead', 'leads', { name: 'Jo Doe', email: 'jo@x.example', phone: '1', event_date: '2026-08-15' }],
  ])(
    'of a %s include the tasks and notes about it, with the names of the tasks',
    async (object, plural, body) => {
      const id = await make(plural, body);
      const link = { [`${object}_id`]: id };
      const task = await make('tasks', { title: 'Offer', ...link });
      await make('notes', { body: 'About it', ...link });
      await make('notes', { body: 'About the task', task_id: task });
      await s.ask('PATCH', `/api/v1/tasks/${task}`, { body: { status: 'completed' } });
      const { data } = (await activities(id)).json;
      expect(data.map(({ type, record_name: name }: Activity) => [type, name])).toEqual([
        ['task.completed', 'Offer'],
        ['note.created', undefined],
        ['note.created', undefined],
        ['task.created', 'Offer'],
        [`${object}.created`, undefined],
      ]);
      const scopes = ['activities:read', `${plural}:read`];
      expect(await typesOf(id, await s.person(scopes))).toEqual([`${object}.created`]);
      expect(await typesOf(id, await s.person([...scopes, 'notes:read']))).toEqual([
        'note.created',
        'note.created',
        `${object}.created`,
      ]);
      await s.ask('DELETE', `/api/v1/tasks/${task}`);
      expect(await typesOf(id)).toEqual(['note.created', `${object}.created`]);
    },
  );

  test('of a module that fails are left out and logged; all others are returned', async () => {
    const { contact } = await contactWithHistory();
    const failing = { entriesOf: () => Promise.reject(new Error('the ledger is away')) };
    const throwing = {
      entriesOf: () => {
        throw new Error('the ledger is away');
      },
    };
    const logged: object[] = [];
    const [route] = timelineRoutes(s.db, NOUNS, {
      extensions: makeExtensions([{ object: 'contact', timelineKinds: [failing, throwing] }]),
      log: { ...silent, error: (about: object) => void logged.push(about) } as typeof silent,
      storeOf: () => ({ getMany: () => Promise.resolve([]) }),
    });
    const answer = await route!.handle({
      caller: { workspaceId: s.alice.workspaceId, may: () => true },
      params: { contact_id: contact },
      query: { limit: 50 },
      url: new URL('/', s.url),
    } as never);
    const { data } = JSON.parse(answer.body as string) as { data: Activity[] };
    expect(data.map(({ type }) => type)).toEqual(ALL);
    expect(logged).toEqual([{ err: 'the ledger is away' }, { err: 'the ledger is away' }]);
  });

  test('of a deal are its own and those of its task, and need its read scope', async () => {
    const { deal } = await contactWithHistory();
    expect(await typesOf(deal)).toEqual(['deal.updated', 'task.created', 'deal.created']);
    expect((await activities(deal, await s.person(['activities:read']))).status).toBe(404);
    expect(await typesOf(deal, await s.person(['activities:read', 'deals:read']))).toHaveLength(2);
    expect((await activities(deal, await s.person(['deals:read']))).status).toBe(403);
  });
});
