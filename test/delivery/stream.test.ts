// Long: it waits for heartbeats of 15 s and readers that stand still for 3 s.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prefixed } from '../../src/base/id.ts';
import { openStream, type EventSource } from '../kit/event-source.ts';
import { makeMember } from '../kit/member.ts';
import { runCase, secondServer, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const STREAM = '/api/v1/events/stream';

let s: Scenario;
const open: EventSource[] = [];
beforeAll(async () => {
  s = await startScenario();
});
afterAll(async () => {
  for (const item of open) item.close();
  await s.stop();
});

/** A user with a workspace that nobody else writes to. */
async function newPerson(): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  return { workspaceId, keyId: id, key: raw };
}

async function stream(as: Person, query = '', headers: Record<string, string> = {}, url = s.url) {
  const source = await openStream(url + STREAM + query, { authorization: `Bearer ${as.key}`, ...headers });
  open.push(source);
  return source;
}

async function addContact(as: Person, fields: object = {}): Promise<string> {
  const reply = await s.ask('POST', '/api/v1/contacts', { as, body: { first_name: 'Jane', ...fields } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.id;
}

const MANY = 160;

/** More events than the buffers between server and client hold: about 20 MB. */
async function fill(as: Person): Promise<void> {
  const notes = '€'.repeat(45_000);
  await Promise.all(Array.from({ length: MANY }, () => addContact(as, { notes })));
}

async function readEvents(source: EventSource, count: number) {
  await expect.poll(() => source.events().length, { timeout: 10_000 }).toBe(count);
  return source.events();
}

async function stored(workspaceId: string): Promise<string[]> {
  const { rows } = await s.db.pool.query<{ id: string }>(
    'select id from event where workspace_id = $1 and seq is not null order by seq',
    [workspaceId],
  );
  return rows.map(({ id }) => prefixed('evt', id));
}

describe('the stream', () => {
  test('sends kept events and new ones, each as the feed has it', async () => {
    const person = await newPerson();
    await addContact(person, { notes: 'two\n\nlines' });
    const source = await stream(person);
    expect(source.headers['content-type']).toBe('text/event-stream');
    expect(source.headers['cache-control']).toBe('no-store');
    await addContact(person);
    const events = await readEvents(source, 2);
    const feed = (await s.ask('GET', '/api/v1/events', { as: person })).json.data;
    expect(events).toEqual(feed);
    const blocks = source.blocks.filter(({ data }) => data);
    expect(blocks.map(({ id, event }) => ({ id, event }))).toEqual(
      feed.map(({ id, type }: { id: string; type: string }) => ({ id, event: type })),
    );
  });

  test('many writers, and a reader whose connection breaks repeatedly: every event once, in order', async () => {
    const person = await newPerson();
    const writing = Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let n = 0; n < 12; n++) await addContact(person);
      }),
    );
    const seen: string[] = [];
    let last = 'oldest';
    const until = Date.now() + 30_000;
    while (seen.length < 120 && Date.now() < until) {
      const source = await stream(person, '?after=latest', { 'last-event-id': last });
      await expect.poll(() => source.blocks.length, { timeout: 10_000 }).toBeGreaterThan(1);
      source.close();
      seen.push(...source.events().map(({ id }) => id));
      last = source.blocks.findLast(({ id }) => id)!.id!;
    }
    await writing;
    expect(seen).toEqual(await stored(person.workspaceId));
  });

  test('after=latest, broken before the first event, misses nothing after a reconnect', async () => {
    const person = await newPerson();
    const first = await stream(person, '?after=latest');
    await expect.poll(() => first.blocks.at(0)?.id).toBe('oldest');
    first.close();
    const id = await addContact(person);
    const second = await stream(person, '?after=latest', { 'last-event-id': 'oldest' });
    expect((await readEvents(second, 1))[0].object_id).toBe(id);
    const third = await stream(person, '?after=latest');
    await expect.poll(() => third.blocks.at(0)?.id).toBe((await stored(person.workspaceId))[0]);
    await addContact(person);
    expect((await readEvents(third, 1))[0].seq).toBe(2);
  });

  test('by type: skipped events move the position to reconnect from, with the heartbeat', async () => {
    const person = await newPerson();
    const source = await stream(person, '?types=company.created');
    await addContact(person);
    await addContact(person);
    await s.ask('POST', '/api/v1/companies', { as: person, body: { name: 'Acme' } });
    expect((await readEvents(source, 1))[0].type).toBe('company.created');
    await addContact(person);
    const last = (await stored(person.workspaceId)).at(-1);
    const place = () => source.blocks.findLast(({ id }) => id)?.id;
    await expect.poll(place, { timeout: 20_000 }).toBe(last);
    expect(source.events()).toHaveLength(1);
  });

  test('a reader that does not read holds at most a page in the server, and misses nothing', async () => {
    const person = await newPerson();
    await fill(person);
    const source = await stream(person);
    source.pause();
    await sleep(1_500);
    const before = source.events().length;
    expect(before).toBeLessThan(MANY);
    source.resume();
    expect((await readEvents(source, MANY)).map(({ id }) => id)).toEqual(await stored(person.workspaceId));
  });
});

describe('the stream ends', () => {
  test('with the key, whether the reader reads or not', async () => {
    const person = await newPerson();
    await fill(person);
    const slow = await stream(person);
    slow.pause();
    const idle = await stream(person, '?after=latest');
    // Until the server has filled what the network takes, and waits for the reader.
    await sleep(3_000);
    await s.app.keys.revoke(null, person.keyId);
    expect(await idle.ended).toBe('ended');
    await sleep(2_000);
    slow.resume();
    // Cut while it had events to send: it did not end because there were no more.
    expect(await slow.ended).toBe('cut');
    expect(slow.events().length).toBeLessThan(MANY);
    expect((await s.ask('GET', STREAM, { as: person })).status).toBe(401);
  });

  test('with the session', async () => {
    const manager = await makeMember(s, 'manager', { name: 'Streaming Manager' });
    const source = await openStream(`${s.url}${STREAM}?after=latest`, { cookie: manager.cookie });
    open.push(source);
    expect(source.status).toBe(200);
    expect((await manager.ask('DELETE', '/api/v1/session')).status).toBe(204);
    expect(await source.ended).toBe('ended');
  });

  test('with the server, and does not delay its stop', async () => {
    const person = await newPerson();
    await fill(person);
    const other = await secondServer(s);
    const idle = await stream(person, '?after=latest', {}, other.url);
    const slow = await stream(person, '', {}, other.url);
    slow.pause();
    await sleep(300);
    const began = performance.now();
    await other.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await idle.ended).toBe('ended');
    slow.resume();
    expect(await slow.ended).toBe('cut');
  });

  test('with the client: ten per key at once, including those who wait by polling; one that leaves makes room', async () => {
    const person = await newPerson();
    const ten = await Promise.all(Array.from({ length: 10 }, () => stream(person)));
    expect(ten.map(({ status }) => status)).toEqual(ten.map(() => 200));
    for (const path of [STREAM, '/api/v1/events?wait=1']) {
      const reply = await s.ask('GET', path, { as: person });
      expect(reply).toMatchObject({ status: 429, json: { error: { code: 'rate_limited' } } });
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    ten[0]!.close();
    await expect.poll(async () => (await stream(person)).status).toBe(200);
  });
});

describe('what is no longer kept', () => {
  test('410 before it begins, and an event `gone` if it happens later', async () => {
    const person = await newPerson();
    await addContact(person);
    await addContact(person);
    const [first, second] = await stored(person.workspaceId);
    const source = await stream(person, `?after=${second}`);
    await expect.poll(() => source.blocks.at(0)?.id).toBe(second);
    // As retention does when it drops a partition with three events that this reader has not seen.
    await s.db.pool.query(
      `with c as (update workspace_counter set event_seq = 5 where workspace_id = $1)
       insert into feed_floor (workspace_id, event_id, seq) values ($1, gen_random_uuid(), 5)`,
      [person.workspaceId],
    );
    expect(await source.ended).toBe('ended');
    expect(source.blocks.at(-1)).toMatchObject({ event: 'gone' });
    expect(source.events().at(-1)).toMatchObject({ error: { code: 'gone' } });
    for (const headers of [{}, { 'last-event-id': second! }]) {
      const reply = await s.ask('GET', `${STREAM}?after=${first}`, { as: person, headers });
      expect(reply).toMatchObject({ status: 410, json: { error: { fields: [{ field: 'after' }] } } });
    }
  });
});

describe('bad input, and permissions', () => {
  test.each([
    ['?after=evt_1', {}, 'after'],
    ['?types=contact.sneezed', {}, 'types'],
    ['?limit=5', {}, 'limit'],
    ['', { 'last-event-id': '7' }, 'Last-Event-ID'],
  ])('%s %o is a 400 that names it', async (query, headers, field) => {
    await runCase(s, {
      name: '',
      method: 'GET',
      path: STREAM + query,
      headers,
      status: 400,
      fields: [field],
    });
  });

  test('events:read, and within the workspace', async () => {
    await addContact(s.alice);
    const reader = await s.person(['events:read']);
    expect((await stream(reader)).status).toBe(200);
    expect((await s.ask('GET', STREAM, { as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', STREAM, { as: null })).status).toBe(401);
    const [event] = await stored(s.alice.workspaceId);
    expect((await s.ask('GET', `${STREAM}?after=${event}`, { as: s.charlie })).status).toBe(410);
    const theirs = await stream(s.charlie);
    await sleep(500);
    expect(theirs.events()).toEqual([]);
  });
});
