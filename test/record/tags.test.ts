import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { runCase, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const TAGS = '/api/v1/tags';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());

/** A workspace of its own. */
async function workspace(): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Tagged' });
  const { id, raw } = await s.app.keys.create({
    workspaceId,
    name: 'k',
    style: 'fairlead',
    createdBy: 'test',
  });
  return { workspaceId, keyId: id, key: raw };
}

const tagsOf = async (as: Person, query = '') => (await s.ask('GET', `${TAGS}${query}`, { as })).json.data;
const namesOf = async (as: Person) => (await tagsOf(as)).map(({ name }: { name: string }) => name);
const contact = async (as: Person, tags: string[]) => {
  const { json, text } = await s.ask('POST', '/api/v1/contacts', { as, body: { first_name: 'Jane', tags } });
  expect(json.id, text).toBeDefined();
  return json;
};
const read = async (as: Person, id: string) => (await s.ask('GET', `/api/v1/contacts/${id}`, { as })).json;
/** Waits until the job has changed all records. */
async function changed(as: Person): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await s.db.pool.query<{ n: number }>(
          'select count(*)::int as n from tag_change where workspace_id = $1',
          [as.workspaceId],
        );
        return rows[0]!.n;
      },
      { timeout: 20_000 },
    )
    .toBe(0);
}

describe('the tags of a workspace (RC3)', () => {
  test('a tag is listed once, in its first spelling, with its records by object', async () => {
    const as = await workspace();
    const first = await contact(as, ['VIP', 'Zoë']);
    const second = await contact(as, ['vip']);
    expect(second.tags).toEqual(['VIP']);
    await s.ask('POST', '/api/v1/deals', { as, body: { name: 'Deal', tags: ['Vip'] } });
    await s.ask('DELETE', `/api/v1/contacts/${first.id}`, { as });
    expect(await tagsOf(as)).toMatchObject([
      { name: 'VIP', is_changing: false, usage: { contact: 1, company: 0, deal: 1, task: 0, lead: 0 } },
      { name: 'Zoë', usage: { contact: 0 } },
    ]);
    expect((await tagsOf(as, '?q=zo&usage=false'))[0]).not.toHaveProperty('usage');
  });

  test('pages by name hold every tag once', async () => {
    const as = await workspace();
    await contact(as, ['d', 'B', 'a', 'C', 'é']);
    const seen: string[] = [];
    let url: string | null = `${TAGS}?limit=2`;
    while (url !== null) {
      const page: Awaited<ReturnType<Scenario['ask']>> = await s.ask('GET', url, { as });
      seen.push(...page.json.data.map(({ name }: { name: string }) => name));
      url = page.json.next_url;
    }
    expect(seen).toEqual(['a', 'B', 'C', 'd', 'é']);
    const bad = Buffer.from('["name",5]').toString('base64url');
    for (const cursor of ['nonsense', bad])
      await runCase(s, {
        name: '',
        method: 'GET',
        path: `${TAGS}?cursor=${cursor}`,
        as,
        status: 400,
        fields: ['cursor'],
      });
  });

  test('fifty records at once with a new tag make one tag', async () => {
    const as = await workspace();
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, n) => contact(as, ['new', `own ${n % 5}`])),
    );
    expect(made).toHaveLength(50);
    expect(await namesOf(as)).toHaveLength(6);
  });

  test('a record that is refused leaves no tag behind', async () => {
    const as = await workspace();
    const body = { first_name: 'Jane', tags: ['refused'] };
    const headers = { 'idempotency-key': 'refused' };
    await s.ask('POST', '/api/v1/contacts', { as, body: { first_name: 'Jane' }, headers });
    expect((await s.ask('POST', '/api/v1/contacts', { as, body, headers })).status).toBe(422);
    const { id } = await contact(as, []);
    const tooOld = { 'if-match': '"7"' };
    expect((await s.ask('PATCH', `/api/v1/contacts/${id}`, { as, body, headers: tooOld })).status).toBe(412);
    expect(await namesOf(as)).toEqual([]);
  });

  test('a rename changes all records, deleted ones too, and fires tag.renamed alone', async () => {
    const as = await workspace();
    const made = await contact(as, ['a', 'old', 'z']);
    const both = await contact(as, ['old', 'other']);
    const deleted = await contact(as, ['old']);
    await s.ask('DELETE', `/api/v1/contacts/${deleted.id}`, { as });
    const { id } = (await tagsOf(as)).find(({ name }: { name: string }) => name === 'old');
    await s.newEvents();
    const { status, json } = await s.ask('PATCH', `${TAGS}/${id}`, { as, body: { name: 'New' } });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id, name: 'New', is_changing: true });
    await changed(as);
    expect(await s.newEvents()).toEqual(['tag.renamed']);
    expect(await read(as, made.id)).toMatchObject({ tags: ['a', 'New', 'z'], version: 2 });
    expect((await read(as, both.id)).tags).toEqual(['New', 'other']);
    const { rows } = await s.db.pool.query('select tags from contact where id = $1', [deleted.id]);
    expect(rows).toEqual([{ tags: ['New'] }]);
    const { data: events } = (await s.ask('GET', '/api/v1/events?limit=200', { as })).json;
    const event = events.find(({ type }: { type: string }) => type === 'tag.renamed');
    expect(event.data).toMatchObject({ id, name: 'New', previous_name: 'old' });
    // Another spelling of the same tag.
    await s.ask('PATCH', `${TAGS}/${id}`, { as, body: { name: 'NEW' } });
    await changed(as);
    expect((await read(as, made.id)).tags).toEqual(['a', 'NEW', 'z']);
    expect(await s.newEvents()).toEqual(['tag.renamed']);
  });

  test('a rename to a tag that exists is a 409 that names it; a merge makes one of the two', async () => {
    const as = await workspace();
    const made = await contact(as, ['Customer', 'x', 'Client']);
    const other = await contact(as, ['Client']);
    const [client, customer] = await tagsOf(as);
    const { status, json } = await s.ask('PATCH', `${TAGS}/${client.id}`, { as, body: { name: 'CUSTOMER' } });
    expect(status).toBe(409);
    expect(json.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('Customer') });
    expect(json.error.fields[0].message).toContain(customer.id);
    await s.newEvents();
    const merged = await s.ask('POST', `${TAGS}/${customer.id}/merge`, { as, body: { with: [client.id] } });
    expect(merged.json).toMatchObject({ name: 'Customer', is_changing: true });
    await changed(as);
    expect(await s.newEvents()).toEqual([]);
    expect((await read(as, made.id)).tags).toEqual(['Customer', 'x']);
    expect((await read(as, other.id)).tags).toEqual(['Customer']);
    expect(await namesOf(as)).toEqual(['Customer', 'x']);
  });

  test('a chain of renames, merges and a deletion ends where the last one leads', async () => {
    const as = await workspace();
    const made = await contact(as, ['a', 'b', 'c']);
    const [a, b, c] = await tagsOf(as);
    await s.ask('PATCH', `${TAGS}/${a.id}`, { as, body: { name: 'a2' } });
    await s.ask('POST', `${TAGS}/${b.id}/merge`, { as, body: { with: [a.id] } });
    await s.ask('PATCH', `${TAGS}/${b.id}`, { as, body: { name: 'end' } });
    await s.ask('DELETE', `${TAGS}/${c.id}`, { as });
    await changed(as);
    expect((await read(as, made.id)).tags).toEqual(['end']);
    expect(await namesOf(as)).toEqual(['end']);
  });

  test('a deleted tag leaves all records; their events are fired if asked for', async () => {
    const as = await workspace();
    const made = await Promise.all([contact(as, ['gone', 'kept']), contact(as, ['gone', 'kept'])]);
    const [gone, kept] = await tagsOf(as);
    await s.newEvents();
    expect((await s.ask('DELETE', `${TAGS}/${gone.id}`, { as })).status).toBe(204);
    await changed(as);
    expect((await read(as, made[0].id)).tags).toEqual(['kept']);
    expect(await s.newEvents()).toEqual([]);
    await s.ask('DELETE', `${TAGS}/${kept.id}?events=true`, { as });
    await changed(as);
    expect((await read(as, made[1].id)).tags).toEqual([]);
    expect(await s.newEvents()).toEqual(['contact.tag_removed', 'contact.tag_removed']);
  });

  test('a tag that is made again while the old one is removed stays', async () => {
    const as = await workspace();
    const old = await contact(as, ['again']);
    const [tag] = await tagsOf(as);
    await s.ask('DELETE', `${TAGS}/${tag.id}`, { as });
    const made = await contact(as, ['again']);
    await changed(as);
    expect((await read(as, made.id)).tags).toEqual(['again']);
    expect((await read(as, old.id)).tags).toEqual([]);
  });

  test('a rename loses no change that others make meanwhile', async () => {
    const as = await workspace();
    const { id } = await contact(as, ['old']);
    const [tag] = await tagsOf(as);
    const renaming = s.ask('PATCH', `${TAGS}/${tag.id}`, { as, body: { name: 'new' } });
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        s.ask('PATCH', `/api/v1/contacts/${id}`, { as, body: { custom_fields: { [`f${n}`]: n } } }),
      ),
    );
    await renaming;
    await changed(as);
    expect(replies.map(({ status }) => status)).toEqual(Array(30).fill(200));
    const now = await read(as, id);
    expect(now.tags).toEqual(['new']);
    expect(Object.keys(now.custom_fields)).toHaveLength(30);
  });

  test('members add tags; managers rename, merge and delete them; others see nothing', async () => {
    const { id } = (await s.ask('POST', TAGS, { body: { name: 'of Acme' } })).json;
    const reader = await s.person(['tags:read']);
    const none = await s.person(['contacts:write']);
    const cases = [
      { method: 'POST', path: TAGS, body: { name: 'x' } },
      { method: 'PATCH', path: `${TAGS}/${id}`, body: { name: 'x' } },
      { method: 'PUT', path: `${TAGS}/${id}`, body: { name: 'x' } },
      { method: 'POST', path: `${TAGS}/${id}/merge`, body: { with: [id] } },
      { method: 'DELETE', path: `${TAGS}/${id}` },
    ];
    for (const item of cases) {
      for (const as of [reader, none])
        await runCase(s, { name: '', ...item, as, status: 403, code: 'forbidden' });
      if (item.path !== TAGS)
        await runCase(s, {
          name: '',
          ...item,
          ...(item.path.endsWith('merge') && {
            body: { with: ['01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21'] },
          }),
          as: s.charlie,
          status: 404,
          code: 'not_found',
        });
    }
    await runCase(s, { name: '', method: 'GET', path: TAGS, as: none, status: 403, code: 'forbidden' });
    expect(await tagsOf(reader)).toMatchObject([{ name: 'of Acme', usage: {} }]);
    expect(await tagsOf(s.charlie)).toEqual([]);
    const add = { add: ['by a key without tags:write'] };
    const made = await s.ask('POST', '/api/v1/contacts', { as: none, body: { first_name: 'J' } });
    const path = `/api/v1/contacts/${made.json.id}/tags`;
    await s.newEvents();
    const events = ['contact.tag_added'];
    await runCase(s, { name: '', method: 'POST', path, as: none, body: add, status: 200, events });
  });

  test.each([
    ['an empty name', { name: ' ' }, 'name'],
    ['a NUL', { name: 'a\0' }, 'name'],
    ['a lone surrogate', { name: '\ud800' }, 'name'],
    ['101 characters', { name: 'x'.repeat(101) }, 'name'],
    ['a number', { name: 5 }, 'name'],
    ['an unknown field', { name: 'x', colour: 'red' }, 'colour'],
  ])('%s is refused by name', async (_name, body, field) => {
    await runCase(s, { name: '', method: 'POST', path: TAGS, body, status: 400, fields: [field] });
  });

  test('a merge with itself, with nothing or with a tag of others is refused', async () => {
    const { id } = (await s.ask('POST', TAGS, { body: { name: 'merged' } })).json;
    const path = `${TAGS}/${id}/merge`;
    const foreign = (await s.ask('POST', TAGS, { as: s.charlie, body: { name: 'foreign' } })).json.id;
    await runCase(s, { name: '', method: 'POST', path, body: { with: [id] }, status: 400, fields: ['with'] });
    await runCase(s, { name: '', method: 'POST', path, body: { with: [] }, status: 400, fields: ['with'] });
    const body = { with: [foreign] };
    await runCase(s, { name: '', method: 'POST', path, body, status: 404, code: 'not_found' });
  });
});

describe('tag events in webhooks', () => {
  const open: Receiver[] = [];
  afterAll(() => Promise.all(open.map((receiver) => receiver.close())));

  async function hook(as: Person, format: string, events: string[], more: object = {}) {
    const receiver = await startReceiver();
    open.push(receiver);
    const body = { name: format, url: receiver.url, format, events, ...more };
    const { status, text } = await s.ask('POST', '/api/v1/webhooks', { as, body });
    expect(status, text).toBe(201);
    return receiver;
  }
  const bodies = async (receiver: Receiver, count: number) =>
    (await receiver.waitFor(count)).map(({ rawBody }) => JSON.parse(rawBody.toString()));

  test('AN2: automatenexus gets contact.tag_added and contact.tag_removed with the record and the tag', async () => {
    const as = await workspace();
    const receiver = await hook(as, 'automatenexus', ['*'], { secret: null });
    const made = await contact(as, ['old']);
    const body = { add: ['vip'], remove: ['old'] };
    const { json } = await s.ask('POST', `/api/v1/contacts/${made.id}/tags`, { as, body });
    const sent = await bodies(receiver, 3);
    expect(sent.map(({ event }) => event as string).toSorted()).toEqual([
      'contact.created',
      'contact.tag_added',
      'contact.tag_removed',
    ]);
    const find = (event: string) => sent.find((item) => item.event === event);
    expect(find('contact.tag_added').data).toEqual({ ...json, tag: 'vip' });
    expect(find('contact.tag_removed').data).toEqual({ ...json, tag: 'old' });
  });

  test.each([
    ['standard', {}, (body: { data: object }) => body.data],
    ['axocrm', { payload: 'full' }, (body: { data: { object: object } }) => body.data.object],
    ['axcelerate', { names: 'fairlead' }, (body: { message: { contact: object } }) => body.message.contact],
  ])('%s has the tag in the record, in a summary too', async (format, more, recordIn) => {
    const as = await workspace();
    const full = await hook(as, format, ['contact.tag_added'], more);
    const summary = await hook(as, format, ['contact.tag_added'], { ...more, payload: 'summary' });
    const made = await contact(as, []);
    await s.ask('POST', `/api/v1/contacts/${made.id}/tags`, { as, body: { add: ['"quoted" \\ tag'] } });
    const [body] = await bodies(full, 1);
    expect(recordIn(body)).toMatchObject({ id: made.id, tags: ['"quoted" \\ tag'], tag: '"quoted" \\ tag' });
    const [short] = await bodies(summary, 1);
    expect(recordIn(short)).toMatchObject({ id: made.id, tag: '"quoted" \\ tag' });
    expect(recordIn(short)).not.toHaveProperty('tags');
  });

  test('axocrm sends tag events to webhooks that name them, and not to *', async () => {
    const as = await workspace();
    const all = await hook(as, 'axocrm', ['*']);
    const named = await hook(as, 'axocrm', ['contact.tag_added']);
    const made = await contact(as, []);
    await s.ask('POST', `/api/v1/contacts/${made.id}/tags`, { as, body: { add: ['vip'] } });
    await bodies(named, 1);
    expect((await bodies(all, 1)).map(({ type }) => type)).toEqual(['contact.created']);
  });

  test('axcelerate, which has one type, gets each change of tags as one update', async () => {
    const as = await workspace();
    const receiver = await hook(as, 'axcelerate', ['lead.updated'], { names: 'fairlead' });
    const standard = await hook(as, 'standard', ['lead.updated']);
    const headers = { prefer: 'return=representation' };
    const body = { name: 'Jane Doe', email: 'jane@example.com' };
    const { json: made } = await s.ask('POST', '/api/v1/leads', { as, body, headers });
    const path = `/api/v1/leads/${made.id}`;
    await s.ask('POST', `${path}/tags`, { as, body: { add: ['a', 'b'] } });
    const [first] = await bodies(receiver, 1);
    expect(first).toMatchObject({
      type: 'lead.updated',
      message: { lead: { id: made.id, tags: ['a', 'b'] } },
    });
    expect(first.message.lead).not.toHaveProperty('tag');
    await s.ask('PATCH', path, { as, body: { tags: ['c'], notes: 'With tags.' } });
    const [, second] = await bodies(receiver, 2);
    expect(second).toMatchObject({
      type: 'lead.updated',
      message: { lead: { tags: ['c'], notes: 'With tags.' } },
    });
    expect((await bodies(standard, 1)).map(({ data }) => data.tags)).toEqual([['c']]);
    expect(receiver.received).toHaveLength(2);
  });

  test('AN13: a filter by tag looks at the record after the change', async () => {
    const as = await workspace();
    const events = ['contact.tag_added', 'contact.tag_removed'];
    const receiver = await hook(as, 'standard', events, { filter: { tag: 'vip' } });
    const made = await contact(as, []);
    const path = `/api/v1/contacts/${made.id}/tags`;
    await s.ask('POST', path, { as, body: { add: ['other'] } });
    await s.ask('POST', path, { as, body: { add: ['VIP'] } });
    await s.ask('POST', path, { as, body: { remove: ['vip'] } });
    await s.ask('POST', path, { as, body: { add: ['Vip', 'last'] } });
    const sent = await bodies(receiver, 3);
    expect(sent.map(({ data }) => data.tag as string).toSorted()).toEqual(['VIP', 'VIP', 'last']);
  });

  test('the timeline has the tag of each event', async () => {
    const as = await workspace();
    const made = await contact(as, []);
    await s.ask('POST', `/api/v1/contacts/${made.id}/tags`, { as, body: { add: ['vip'] } });
    const [entry] = (await s.ask('GET', `/api/v1/activities/${made.id}`, { as })).json.data;
    expect(entry).toMatchObject({ type: 'contact.tag_added', changed: { tag: 'vip' } });
  });
});

test('a member may not rename a tag in the dashboard, a manager may', async () => {
  const { id } = (await s.ask('POST', TAGS, { body: { name: 'by role' } })).json;
  for (const [role, status] of [
    ['member', 403],
    ['manager', 200],
  ] as const) {
    const person = await makeMember(s, role);
    expect((await person.ask('GET', TAGS)).status).toBe(200);
    expect((await person.ask('PATCH', `${TAGS}/${id}`, { body: { name: `by ${role}` } })).status).toBe(
      status,
    );
  }
});
