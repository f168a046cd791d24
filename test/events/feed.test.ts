import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idMaker, prefixed } from '../../src/base/id.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import { dropOld } from '../../src/delivery/log/retention.ts';
import { makeMember } from '../kit/member.ts';
import { ask, runCase, secondServer, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const FEED = '/api/v1/events';
const DAY_MS = 86_400_000;

interface FeedPage {
  id: string;
  type: string;
  seq: number;
  object_id: string;
}

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

/** A user with a workspace that nobody else writes to. */
async function newPerson(scopes: readonly string[] = ['*']): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const { id, raw } = await s.app.keys.create({
    workspaceId,
    name: 'key',
    style: 'fairlead',
    scopes,
    createdBy: 'test',
  });
  return { workspaceId, keyId: id, key: raw };
}

async function addContact(as: Person, fields: object = {}, url = s.url) {
  const reply = await ask(url, 'POST', '/api/v1/contacts', { as, body: { first_name: 'Jane', ...fields } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json as { id: string };
}

async function read(as: Person, query = '') {
  const reply = await s.ask('GET', `${FEED}${query}`, { as });
  expect(reply.status, reply.text).toBe(200);
  return reply.json as { data: FeedPage[]; has_more: boolean; next_after: string | null };
}

/** Follows the feed by its cursor, a few events at a time, until it has this many. */
async function followed(as: Person, count: number, more = ''): Promise<FeedPage[]> {
  const seen: FeedPage[] = [];
  let after = '';
  while (seen.length < count) {
    const page = await read(as, `?limit=7&wait=5${more}${after}`);
    seen.push(...page.data);
    if (page.next_after !== null) after = `&after=${page.next_after}`;
  }
  expect((await read(as, `?limit=7${more}${after}`)).data).toEqual([]);
  return seen;
}

async function stored(workspaceId: string): Promise<string[]> {
  const { rows } = await s.db.pool.query<{ id: string }>(
    'select id from event where workspace_id = $1 and seq is not null order by seq',
    [workspaceId],
  );
  return rows.map(({ id }) => prefixed('evt', id));
}

describe('the feed never skips an event', () => {
  test('many writers in two processes, and a reader that follows: every event once, in order', async () => {
    const person = await newPerson();
    const other = await secondServer(s);
    const following = followed(person, 400);
    await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        for (let n = 0; n < 10; n++) {
          const url = (writer + n) % 2 === 0 ? s.url : other.url;
          const { id } = await addContact(person, {}, url);
          const body = { notes: `${writer} ${n}` };
          expect((await ask(url, 'PATCH', `/api/v1/contacts/${id}`, { as: person, body })).status).toBe(200);
        }
      }),
    );
    const seen = await following;
    expect(seen.map(({ id }) => id)).toEqual(await stored(person.workspaceId));
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, n) => n + 1));
    await other.stop();
  });

  test('an event that was made first and commits late is placed by its commit', async () => {
    const person = await newPerson();
    const id = idMaker(Date.now)();
    await addContact(person);
    const late = await s.db.side.connect();
    await late.query('begin');
    // As outbox.ts does: the counter, then the event with its number.
    await late.query(
      `with c as (update workspace_counter set event_seq = event_seq + 1 where workspace_id = $1 returning event_seq)
       insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select $1, $2, event_seq, 'contact.created', 'contact', $2, now(), 'test', '{}', 0 from c`,
      [person.workspaceId, id],
    );
    const following = followed(person, 4);
    const others = Promise.all([addContact(person), addContact(person)]);
    await sleep(800);
    await late.query('commit');
    late.release();
    await others;
    const seen = await following;
    expect(seen.map((event) => event.id)).toEqual(await stored(person.workspaceId));
    expect(seen[1]!.id).toBe(prefixed('evt', id));
  });

  test('410 if retention dropped events, and not if nothing was missed', async () => {
    const person = await newPerson();
    const now = Date.now();
    const newId = idMaker(() => now - 80 * DAY_MS);
    await ensurePartitions(s.db.side, now - 80 * DAY_MS);
    const old = [newId(), newId(), newId()];
    await s.db.pool.query(
      `with c as (update workspace_counter set event_seq = 3 where workspace_id = $1)
       insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select $1, o.id, o.seq, 'contact.created', 'contact', o.id, now(), 'test', '{}', 0
       from unnest($2::uuid[]) with ordinality as o(id, seq)`,
      [person.workspaceId, old],
    );
    const [first, , last] = old.map((id) => `?after=${prefixed('evt', id)}`);
    expect((await read(person, first)).data).toHaveLength(2);
    expect((await dropOld(s.db.pool, now - 60 * DAY_MS)).some((name) => name.startsWith('event_'))).toBe(
      true,
    );
    const { id } = await addContact(person);

    expect((await read(person, last)).data.map((event) => event.object_id)).toEqual([id]);
    expect((await read(person)).data.map((event) => event.object_id)).toEqual([id]);
    const reply = await s.ask('GET', `${FEED}${first}`, { as: person });
    expect(reply).toMatchObject({
      status: 410,
      json: { error: { code: 'gone', fields: [{ field: 'after' }] } },
    });
  });
});

describe('reading', () => {
  test('pages by next_after, oldest first, each event with its record', async () => {
    const person = await newPerson();
    expect(await read(person)).toEqual({ data: [], has_more: false, next_after: null });
    const { id } = await addContact(person, { email: 'jane@example.com' });
    await s.ask('DELETE', `/api/v1/contacts/${id}`, { as: person });
    const first = await read(person, '?limit=1');
    expect(first.has_more).toBe(true);
    expect(first.data).toMatchObject([
      {
        id: first.next_after,
        type: 'contact.created',
        seq: 1,
        object_type: 'contact',
        object_id: id,
        actor: `api_key:${person.keyId}`,
        data: { id, first_name: 'Jane', email: 'jane@example.com' },
        context: null,
      },
    ]);
    const second = await read(person, `?limit=1&after=${first.next_after}`);
    expect(second).toMatchObject({ data: [{ type: 'contact.deleted', seq: 2 }], has_more: false });
    const nothing = await read(person, `?after=${second.next_after}`);
    expect(nothing).toEqual({ data: [], has_more: false, next_after: second.next_after });
  });

  test('after=latest returns only what follows', async () => {
    const person = await newPerson();
    expect(await read(person, '?after=latest')).toEqual({ data: [], has_more: false, next_after: null });
    await addContact(person);
    const { data, next_after: after } = await read(person, '?after=latest');
    expect({ data, after }).toEqual({ data: [], after: (await stored(person.workspaceId))[0] });
    const { id } = await addContact(person);
    expect((await read(person, `?after=${after}`)).data.map((event) => event.object_id)).toEqual([id]);
  });

  test('by type: skipped events are not searched again', async () => {
    const person = await newPerson();
    const { id } = await addContact(person);
    await s.ask('PATCH', `/api/v1/contacts/${id}`, { as: person, body: { notes: 'x' } });
    await s.ask('POST', '/api/v1/companies', { as: person, body: { name: 'Acme' } });
    await s.ask('DELETE', `/api/v1/contacts/${id}`, { as: person });
    const page = await read(person, '?types=contact.updated,company.created');
    expect(page.data.map(({ type }) => type)).toEqual(['contact.updated', 'company.created']);
    expect(page.next_after).toBe((await stored(person.workspaceId)).at(-1));
  });

  test('an event says whether a webhook wanted it, and why not', async () => {
    const person = await newPerson();
    await addContact(person);
    const filter = { field: 'first_name', op: 'equals', value: 'Joe' };
    const body = { name: 'hook', url: 'http://127.0.0.1:9/', events: ['contact.created'], filter };
    expect((await s.ask('POST', '/api/v1/webhooks', { as: person, body })).status).toBe(201);
    await addContact(person);
    await addContact(person, { first_name: 'Joe' });
    const all = (await read(person)).data;
    const shown = await Promise.all(all.map(({ id }) => s.ask('GET', `${FEED}/${id}`, { as: person })));
    expect(shown.map(({ json }) => ({ matched: json.matched, reason: json.reason }))).toEqual([
      { matched: 0, reason: 'no active webhook is subscribed to this type' },
      { matched: 0, reason: 'no match: first_name' },
      { matched: 1, reason: null },
    ]);
    expect(shown.map(({ json }) => json)).toEqual(all);
    expect((await read(person, '?matched=none')).data.map(({ id }) => id)).toEqual(
      all.slice(0, 2).map(({ id }) => id),
    );
  });
});

describe('waiting', () => {
  test('a new event is returned at once, to all who wait', async () => {
    const person = await newPerson();
    await addContact(person);
    const { next_after: after } = await read(person);
    const began = performance.now();
    const waits = Array.from({ length: 5 }, () => read(person, `?wait=20&after=${after}`));
    await sleep(300);
    const { id } = await addContact(person);
    for (const page of await Promise.all(waits))
      expect(page.data.map((event) => event.object_id)).toEqual([id]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('an unwanted event is skipped, and the wait continues', async () => {
    const person = await newPerson();
    const waits = read(person, '?wait=20&types=company.created');
    await addContact(person);
    await sleep(500);
    await s.ask('POST', '/api/v1/companies', { as: person, body: { name: 'Acme' } });
    expect((await waits).data.map(({ type }) => type)).toEqual(['company.created']);
  });

  test('without a new event it ends in time, and says where to continue', async () => {
    const person = await newPerson();
    await addContact(person);
    const began = performance.now();
    const page = await read(person, '?wait=1.5&types=company.created');
    expect(performance.now() - began).toBeGreaterThan(1_400);
    expect(page).toEqual({ data: [], has_more: false, next_after: (await stored(person.workspaceId))[0] });
  });

  test('ends with the key: revoked, it answers 401', async () => {
    const person = await newPerson();
    const began = performance.now();
    const waits = s.ask('GET', `${FEED}?wait=30`, { as: person });
    await sleep(200);
    await s.app.keys.revoke(null, person.keyId);
    expect((await waits).status).toBe(401);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('ends with the session: signed out, it answers 401', async () => {
    const manager = await makeMember(s, 'manager', { name: 'Waiting Manager' });
    const { next_after: after } = await read(s.alice);
    const waits = manager.ask('GET', `${FEED}?wait=30${after === null ? '' : `&after=${after}`}`);
    await sleep(200);
    expect((await manager.ask('DELETE', '/api/v1/session')).status).toBe(204);
    expect((await waits).status).toBe(401);
  });

  test('at most ten of one key at once: 429; a closed connection makes room', async () => {
    const person = await newPerson();
    const headers = { authorization: `Bearer ${person.key}` };
    const waits = Array.from({ length: 10 }, () =>
      get(`${s.url}${FEED}?wait=30`, { headers, agent: false }).on('error', () => {}),
    );
    await sleep(500);
    const reply = await s.ask('GET', `${FEED}?wait=1`, { as: person });
    expect(reply).toMatchObject({ status: 429, json: { error: { code: 'rate_limited' } } });
    expect(reply.headers.get('retry-after')).toBe('1');
    expect((await s.ask('GET', FEED, { as: person })).status).toBe(200);
    for (const request of waits) request.destroy();
    await expect.poll(async () => (await s.ask('GET', `${FEED}?wait=0.1`, { as: person })).status).toBe(200);
  });
});

describe('bad input, and permissions', () => {
  test.each([
    ['after=evt_1', 'after'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['wait=31', 'wait'],
    ['wait=soon', 'wait'],
    ['types=contact.created,contact.sneezed', 'types'],
    ['matched=all', 'matched'],
    ['cursor=x', 'cursor'],
  ])('%s is a 400 that names the parameter', async (query, field) => {
    await runCase(s, { name: '', method: 'GET', path: `${FEED}?${query}`, status: 400, fields: [field] });
  });

  test('events:read, and within the workspace', async () => {
    await addContact(s.alice);
    const [event] = (await read(s.alice)).data;
    const reader = await s.person(['events:read']);
    for (const path of [FEED, `${FEED}/${event!.id}`]) {
      expect((await s.ask('GET', path, { as: reader })).status).toBe(200);
      expect((await s.ask('GET', path, { as: s.bob })).status).toBe(403);
      expect((await s.ask('GET', path, { as: null })).status).toBe(401);
    }
    expect((await s.ask('GET', `${FEED}/${event!.id}`, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('GET', `${FEED}?after=${event!.id}`, { as: s.charlie })).status).toBe(410);
    expect((await read(s.charlie)).data).toEqual([]);
    expect((await s.ask('GET', `${FEED}/evt_nonsense`)).status).toBe(404);
  });
});
