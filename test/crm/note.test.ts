import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { runCase, startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let anna: SignedIn;
let bert: SignedIn;
let elsewhere: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  anna = await makeMember(s, 'member', { name: 'Anna' });
  bert = await makeMember(s, 'member', { name: 'Bert' });
  elsewhere = await makeMember(s, 'owner', { name: 'Eve', workspaceId: s.charlie.workspaceId });
});
afterAll(() => s.stop());

async function make(path: string, body: object): Promise<string> {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBe(201);
  return json.id;
}
const timeline = async (id: string, as = s.alice) =>
  (await s.ask('GET', `/api/v1/activities/${id}`, { as })).json.data as {
    type: string;
    record_id: string;
    changed: object | null;
    changed_to: object | null;
    record?: { body: string };
  }[];
const mention = ({ id }: SignedIn, name: string) => `[@${name}](user:${id})`;
const noticesOf = async (who: SignedIn) =>
  (await who.ask('GET', '/api/v1/notices')).json.data as {
    id: string;
    type: string;
    object_id: string;
    details: object;
  }[];

describe('RC13: notes', () => {
  test('a note has its first line as its title, and the members that it mentions', async () => {
    const contact_id = await make('contacts', { last_name: 'Doe' });
    await runCase(s, {
      name: '',
      method: 'POST',
      path: '/api/v1/notes',
      body: {
        body: `\n## **Call** with [Jane](https://x.example)\n${mention(elsewhere, 'Eve')}`,
        contact_id,
      },
      status: 201,
      events: ['note.created'],
      check({ json }) {
        expect(json).toMatchObject({
          title: 'Call with Jane',
          type: 'note',
          pinned: false,
          mentions: [elsewhere.id],
          contact_id,
        });
      },
    });
  });

  test.each([
    ['body', {}],
    ['body', { body: '\u200b' }],
    ['type', { body: 'x', type: 'fax' }],
    ['pinned', { body: 'x', pinned: 'yes' }],
    ['duration_min', { body: 'x', duration_min: -1 }],
    ['contact_id', { body: 'x', contact_id: '01976d3c-0000-7000-8000-000000000000' }],
  ])('a bad value of %s is named', async (field, body) => {
    const { status, json } = await s.ask('POST', '/api/v1/notes', { body });
    expect(status).toBe(400);
    expect(json.error.fields.map((item: { field: string }) => item.field)).toEqual([field]);
  });

  test('a record of another workspace cannot be linked, and its notes cannot be read or changed', async () => {
    const foreign = await s.ask('POST', '/api/v1/contacts', { as: s.charlie, body: { last_name: 'Far' } });
    const body = { body: 'x', contact_id: foreign.json.id };
    expect((await s.ask('POST', '/api/v1/notes', { body })).status).toBe(400);
    const id = await make('notes', { body: 'ours' });
    for (const [method, sent] of [
      ['GET', undefined],
      ['PATCH', { body: 'theirs' }],
      ['DELETE', undefined],
    ] as const)
      expect((await s.ask(method, `/api/v1/notes/${id}`, { as: s.charlie, body: sent })).status).toBe(404);
  });

  test('a title leaves out addresses of links, also those with brackets; texts full of brackets hold nobody up', async () => {
    const hostile = ['[', '[](', '[](('].map((part) => part.repeat(49_000 / part.length));
    const records = [
      { body: 'The [plan](https://x.example/plan_(old)) of ![us](https://x.example/us.png)' },
      ...Array.from({ length: 4 }, () => hostile.map((body) => ({ body }))).flat(),
    ];
    const { json } = await s.ask('POST', '/api/v1/notes/batch', { body: { records } });
    const statuses = json.results.map(({ status }: { status: number }) => status);
    expect(statuses).toEqual(records.map(() => 201));
    expect(json.results[0].record.title).toBe('The plan of us');
    expect(json.results[1].record.title).toMatch(/^\[{199}…$/);
  });

  test('pinned notes of a record are a filter of the list', async () => {
    const deal_id = await make('deals', { name: 'Harbour' });
    await make('notes', { body: 'plain', deal_id });
    const pinned = await make('notes', { body: 'pinned', deal_id, pinned: true });
    const { json } = await s.ask('GET', `/api/v1/notes?deal_id=${deal_id}&pinned=true`);
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual([pinned]);
    expect((await s.ask('GET', '/api/v1/notes?pinned=maybe')).status).toBe(400);
  });

  test('search finds a note by its text', async () => {
    const id = await make('notes', { body: 'They mentioned the Überseebrücke.' });
    const { json } = await s.ask('GET', '/api/v1/search?q=uberseebru&types=note');
    expect(json.data.map((item: { id: string }) => item.id)).toEqual([id]);
  });
});

describe('RC13, RC14: notes on timelines', () => {
  test.each([
    ['contact', 'contacts', { last_name: 'Doe' }],
    ['company', 'companies', { name: 'Acme' }],
    ['deal', 'deals', { name: 'Harbour' }],
    ['task', 'tasks', { title: 'Call' }],
    ['lead', 'leads', { name: 'Jo Doe', email: 'jo@x.example', phone: '1', event_date: '2026-08-15' }],
  ])('a %s shows its notes as they are now, and none that was deleted', async (object, plural, body) => {
    const id = await make(plural, body);
    const noteId = await make('notes', { body: 'first', [`${object}_id`]: id });
    const gone = await make('notes', { body: 'gone', [`${object}_id`]: id });
    await s.ask('PATCH', `/api/v1/notes/${noteId}`, { body: { body: 'second' } });
    await s.ask('DELETE', `/api/v1/notes/${gone}`);
    const entries = await timeline(id);
    expect(entries.map(({ type }) => type)).toEqual(['note.updated', 'note.created', `${object}.created`]);
    expect(entries[1]!.record).toMatchObject({ id: noteId, body: 'second' });
    const scopes = ['activities:read', `${plural}:read`];
    const seen = (as: Awaited<ReturnType<Scenario['person']>>) => timeline(id, as);
    expect(await seen(await s.person(scopes))).toHaveLength(1);
    expect(await seen(await s.person([...scopes, 'notes:read']))).toHaveLength(3);
  });

  test('a contact shows the notes of its deals, and the deals to those who may read them', async () => {
    const contact_id = await make('contacts', { last_name: 'Doe' });
    const deal_id = await make('deals', { name: 'Harbour', contact_id });
    await make('notes', { body: 'of the deal', deal_id });
    const types = async (scopes: string[]) =>
      (await timeline(contact_id, await s.person(scopes))).map(({ type }) => type);
    expect(await types(['activities:read', 'deals:read', 'notes:read'])).toEqual([
      'note.created',
      'deal.created',
      'contact.created',
    ]);
    expect(await types(['activities:read', 'notes:read'])).toEqual(['note.created', 'contact.created']);
    expect(await types(['activities:read', 'deals:read'])).toEqual(['deal.created', 'contact.created']);
  });
});

describe('RC14: the values of a change', () => {
  test('an entry has the previous and the new value of each changed field', async () => {
    const id = await make('deals', { name: 'Old', value: 5, currency: 'EUR' });
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { name: 'New', value: null } });
    const [entry] = await timeline(id);
    expect(entry).toMatchObject({
      type: 'deal.updated',
      changed: { name: 'Old', value: 5 },
      changed_to: { name: 'New', value: null },
    });
  });

  test('an entry of an earlier release takes the new values from its event', async () => {
    const id = await make('deals', { name: 'Old' });
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { name: 'New' } });
    await s.db.pool.query('update activity set changed_to = null where record_id = $1', [id]);
    expect((await timeline(id))[0]!.changed_to).toEqual({ name: 'New' });
  });
});

describe('RC13: a mention notifies', () => {
  test('each member once, by a notice and a mail, and not the author', async () => {
    const deal_id = await make('deals', { name: 'Harbour' });
    const text = `${mention(anna, 'Anna')} ${mention(bert, 'Bert')} ${mention(elsewhere, 'Eve')}`;
    const created = await anna.ask('POST', '/api/v1/notes', { body: { body: text, deal_id } });
    expect(created.status, created.text).toBe(201);
    const { id } = created.json;
    const details = { actor: `user:${anna.id}`, record_type: 'deal', record_id: deal_id };
    expect(await noticesOf(bert)).toMatchObject([{ type: 'note.mentioned', object_id: id, details }]);
    expect(await noticesOf(anna)).toEqual([]);
    expect(await noticesOf(elsewhere)).toEqual([]);
    const { rows } = await s.db.pool.query<{ user_id: string }>(
      `select user_id from mail where kind = 'mention' and object_id = $1`,
      [id],
    );
    expect(rows.map((row) => row.user_id)).toEqual([bert.id]);

    const changed = await anna.ask('PATCH', `/api/v1/notes/${id}`, { body: { body: `${text} again` } });
    expect(changed.status, changed.text).toBe(200);
    expect(await noticesOf(bert)).toHaveLength(1);
    const [notice] = await noticesOf(bert);
    expect((await anna.ask('POST', `/api/v1/notices/${notice!.id}/dismiss`)).status).toBe(404);
    expect((await bert.ask('POST', `/api/v1/notices/${notice!.id}/dismiss`)).status).toBe(204);
    expect(await noticesOf(bert)).toEqual([]);
  });

  test('a member who is mentioned later is notified then', async () => {
    const { json } = await bert.ask('POST', '/api/v1/notes', { body: { body: 'Nobody yet' } });
    const body = { body: `Now ${mention(anna, 'Anna')}` };
    const stale = await bert.ask('PATCH', `/api/v1/notes/${json.id}`, {
      body,
      headers: { 'if-match': '"7"' },
    });
    expect(stale.status).toBe(412);
    expect(await noticesOf(anna)).toEqual([]);
    await bert.ask('PATCH', `/api/v1/notes/${json.id}`, { body });
    expect(await noticesOf(anna)).toMatchObject([{ type: 'note.mentioned', object_id: json.id }]);
  });

  test('a refused note notifies nobody', async () => {
    const contact_id = '01976d3c-0000-7000-8000-000000000000';
    const before = (await noticesOf(bert)).length;
    const body = { body: mention(bert, 'Bert'), contact_id };
    expect((await anna.ask('POST', '/api/v1/notes', { body })).status).toBe(400);
    expect(await noticesOf(bert)).toHaveLength(before);
  });

  test('the same request sent twice with one idempotency key notifies once', async () => {
    const before = (await noticesOf(bert)).length;
    const request = {
      body: { body: mention(bert, 'Bert') },
      headers: { 'idempotency-key': 'note-1' },
    };
    const replies = await Promise.all([0, 1].map(() => anna.ask('POST', '/api/v1/notes', request)));
    expect(replies.map(({ status }) => status).every((status) => [201, 409].includes(status))).toBe(true);
    expect(await noticesOf(bert)).toHaveLength(before + 1);
  });
});
