import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { insertSentEmail, SCENARIO_TOKENS, type SentEmail } from '../kit/sent-email.ts';
import { secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const TARGET = 'https://www.example.com/?a=1&b=2#c';
const TWO_LINKS = '<a href="https://www.example.com/1">One</a> <a href="https://www.example.com/2">Two</a>';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_TRUST_PROXY: '127.0.0.1', FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

interface Visit {
  method?: string;
  agent?: string;
  from?: string;
  headers?: Record<string, string>;
}

function visit(path: string, { method = 'GET', agent = CHROME, from = '203.0.113.7', headers }: Visit = {}) {
  return fetch(s.url + path, {
    method,
    redirect: 'manual',
    headers: { 'user-agent': agent, 'x-forwarded-for': from, ...headers },
  });
}

const hitsOf = async ({ id }: SentEmail, as = s.alice) => {
  const { json } = await s.ask('GET', `/api/v1/emails/${id}/hits?limit=200`, { as });
  return (json.data as { kind: string; url: string | null; verdict: string; reason: string }[]).toReversed();
};
const rowOf = async ({ id }: SentEmail) =>
  (
    await s.db.pool.query(
      'select opens, human_opens, clicks, human_clicks, first_opened_at, first_clicked_at from email where id = $1',
      [id],
    )
  ).rows[0];
const eventsOf = async ({ id }: SentEmail) =>
  (
    await s.db.pool.query<{ type: string; context: object }>(
      'select type, context from event where object_id = $1 order by seq',
      [id],
    )
  ).rows;
/** Clicks are written after two seconds. */
const written = (email: SentEmail, count: number) =>
  eventually(async () => expect((await hitsOf(email)).length).toBe(count));
const counted = (email: SentEmail, opens: number) =>
  eventually(async () => expect((await rowOf(email)).human_opens).toBe(opens));
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 50 });

describe('public URLs', () => {
  test('a link leads to exactly the URL of the mail, and is not stored by anyone', async () => {
    const email = await insertSentEmail(s);
    const { status, headers } = await visit(email.links[0]!);
    expect(status).toBe(302);
    expect(headers.get('location')).toBe(TARGET);
    expect(headers.get('cache-control')).toBe('no-store, private');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('the pixel is a GIF of 43 bytes, with any token', async () => {
    const email = await insertSentEmail(s);
    for (const path of [email.pixel, '/o/nothing.gif', `/o/${'A'.repeat(38)}.gif`]) {
      const response = await visit(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/gif');
      expect(response.headers.get('cache-control')).toMatch(/no-store/);
      expect((await response.arrayBuffer()).byteLength).toBe(43);
    }
  });

  test('no link of this host leads to another place than the mail says', async () => {
    const email = await insertSentEmail(s);
    const token = email.links[0]!.slice(3);
    const other = SCENARIO_TOKENS.make('l', { emailId: email.id, link: 7 });
    const pixelToken = email.pixel.slice(3, -4);
    for (const path of [
      `/l/${other}`,
      `/l/${pixelToken}`,
      `/l/${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      `/l/${token}x`,
      '/l/https:%2F%2Fevil.example',
      `/l/${encodeURIComponent('//evil.example')}`,
    ]) {
      const response = await visit(path);
      expect(response.status, path).toBe(404);
      expect(response.headers.get('location')).toBeNull();
    }
    const response = await visit(`/l/${token}?url=https://evil.example&redirect=//evil.example`);
    expect(response.headers.get('location')).toBe(TARGET);
  });

  test('a link of an erased mail is gone', async () => {
    const email = await insertSentEmail(s);
    await s.db.pool.query('update email_link set url = null where email_id = $1', [email.id]);
    expect((await visit(email.links[0]!)).status).toBe(404);
  });
});

describe('hits', () => {
  let read: SentEmail;
  let scanned: SentEmail;
  let trapped: SentEmail;
  let heads: SentEmail;
  let own: SentEmail;
  beforeAll(async () => {
    [read, scanned, trapped, heads, own] = await Promise.all([
      insertSentEmail(s),
      insertSentEmail(s, { html: TWO_LINKS }),
      insertSentEmail(s),
      insertSentEmail(s),
      insertSentEmail(s),
    ]);
    // Apple's relay, a person in Gmail twice, then a click, twice.
    await visit(read.pixel, { agent: 'Mozilla/5.0', from: '172.225.1.1' });
    await visit(read.pixel, { agent: 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)', from: '66.249.84.1' });
    await visit(read.pixel, { agent: 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)', from: '66.249.84.2' });
    await visit(read.links[0]!);
    await visit(read.links[0]!);
    // A scanner that says that it is Chrome, and follows every link.
    for (const path of scanned.links) await visit(path, { from: '198.51.100.9' });
    // One that opens the mail first, and then follows what people do not see.
    await visit(trapped.pixel, { from: '198.51.100.10' });
    await counted(trapped, 1);
    await visit(trapped.honeypot, { from: '198.51.100.10' });
    for (const path of [heads.pixel, heads.links[0]!]) await visit(path, { method: 'HEAD' });
    await visit(heads.pixel, { headers: { 'sec-purpose': 'prefetch' } });
    await Promise.all([written(read, 5), written(scanned, 2), written(trapped, 1), written(heads, 1)]);
    await counted(trapped, 0);
  });

  test('of people and machines are told apart, with the reason', async () => {
    expect((await hitsOf(read)).map(({ kind, verdict, reason }) => [kind, verdict, reason])).toEqual([
      ['open', 'machine', 'apple_mpp'],
      ['open', 'human', 'proxied'],
      ['open', 'human', 'proxied'],
      ['click', 'human', 'browser'],
      ['click', 'human', 'browser'],
    ]);
    expect((await hitsOf(scanned)).map(({ reason }) => reason)).toEqual(['burst', 'burst']);
    expect((await hitsOf(heads)).map(({ reason }) => reason)).toEqual(['prefetch']);
  });

  test('are counted: all, and those of people', async () => {
    expect(await rowOf(read)).toMatchObject({ opens: 3, human_opens: 2, clicks: 2, human_clicks: 2 });
    expect((await rowOf(read)).first_opened_at).toBeTruthy();
    expect(await rowOf(scanned)).toMatchObject({ clicks: 2, human_clicks: 0, first_clicked_at: null });
    expect(await rowOf(heads)).toMatchObject({ opens: 1, human_opens: 0, clicks: 0 });
  });

  test('fire email.opened and email.clicked for the first person, once a link', async () => {
    expect(await eventsOf(read)).toEqual([
      { type: 'email.opened', context: { verdict: 'human', reason: 'proxied' } },
      { type: 'email.clicked', context: { verdict: 'human', reason: 'browser', link: TARGET } },
    ]);
    expect(await eventsOf(scanned)).toEqual([]);
  });

  test('of a scanner are judged again when it follows the hidden link', async () => {
    expect((await hitsOf(trapped)).map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['machine', 'honeypot'],
    ]);
    expect((await visit(trapped.honeypot)).status).toBe(204);
  });

  test('of a member of the workspace are ignored', async () => {
    const { cookie } = await makeMember(s, 'member');
    await visit(own.links[0]!, { headers: { cookie } });
    await written(own, 1);
    expect((await hitsOf(own)).map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['ignored', 'self'],
    ]);
    expect(await rowOf(own)).toMatchObject({ clicks: 0 });
  });

  test('store neither an address nor a user agent, and the hash of a visitor for an hour', async () => {
    const { rows } = await s.db.pool.query('select * from email_hit');
    expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113|198\.51|Windows NT|Chrome\/1/);
    expect(rows.every(({ visitor }) => visitor.length === 8)).toBe(true);
  });
});

describe('settings', () => {
  const change = async (body: object) => {
    const reply = await s.ask('PATCH', '/api/v1/workspace', { body });
    expect(reply.status, reply.text).toBe(200);
  };

  test('tracking_events: every hit fires, machines too', async () => {
    await change({ tracking_events: 'every' });
    const email = await insertSentEmail(s);
    await visit(email.pixel, { agent: 'Mozilla/5.0' });
    await visit(email.pixel, { agent: 'Mozilla/5.0' });
    await written(email, 2);
    expect((await eventsOf(email)).map(({ context }) => context)).toEqual([
      { verdict: 'machine', reason: 'apple_mpp' },
      { verdict: 'machine', reason: 'apple_mpp' },
    ]);
    await change({ tracking_events: 'first_any' });
    const other = await insertSentEmail(s);
    await visit(other.pixel, { agent: 'Mozilla/5.0' });
    await visit(other.pixel);
    await written(other, 2);
    expect((await eventsOf(other)).map(({ context }) => context)).toEqual([
      { verdict: 'machine', reason: 'apple_mpp' },
    ]);
    await change({ tracking_events: 'first_human' });
  });

  test('a workspace that never tracks, and a contact who denies it, get mails as they were written', async () => {
    await change({ open_tracking: 'never', click_tracking: 'never' });
    const html = '<p><a href="https://www.example.com/">x</a></p>';
    expect((await insertSentEmail(s, { html })).html).toBe(html);
    await change({ open_tracking: 'on_request', click_tracking: 'on_request' });
    const { json: contact } = await s.ask('POST', '/api/v1/contacts', { body: { email: 'dan@example.com' } });
    const path = `/api/v1/contacts/${contact.id}/email-preferences`;
    const denied = await s.ask('PATCH', path, { body: { tracking: 'denied' } });
    expect(denied.json).toEqual({
      unsubscribed: false,
      reasons: [],
      unsubscribed_topics: [],
      tracking: 'denied',
    });
    expect((await insertSentEmail(s, { html, contactId: contact.id })).html).toBe(html);
    await s.ask('PATCH', path, { body: { tracking: 'allowed' } });
    expect((await insertSentEmail(s, { html, contactId: contact.id })).html).not.toBe(html);
    expect((await s.ask('PATCH', path, { as: s.bob, body: { tracking: 'denied' } })).status).toBe(403);
    expect((await s.ask('GET', path, { as: s.charlie })).status).toBe(404);
  });
});

test('hits of a private mail are read by its member alone, and by nobody of another workspace', async () => {
  const email = await insertSentEmail(s, { visibility: 'private' });
  const path = `/api/v1/emails/${email.id}/hits`;
  expect((await s.ask('GET', path)).status).toBe(404);
  const team = await insertSentEmail(s);
  expect((await s.ask('GET', `/api/v1/emails/${team.id}/hits`, { as: s.charlie })).status).toBe(404);
  expect((await s.ask('GET', `/api/v1/emails/${team.id}/hits`, { as: s.bob })).status).toBe(403);
});

test('a server that stops writes every hit, also clicks that wait', async () => {
  const second = await secondServer(s);
  const emails = await Promise.all(Array.from({ length: 20 }, () => insertSentEmail(s)));
  const secret = await insertSentEmail(s, { visibility: 'private' });
  await Promise.all(
    [...emails, secret].flatMap((email) => [
      fetch(second.url + email.pixel),
      fetch(second.url + email.links[0]!, { redirect: 'manual' }),
    ]),
  );
  await second.stop();
  const { rows } = await s.db.pool.query(
    'select sum(opens)::int as opens, sum(clicks)::int as clicks from email where id = any($1)',
    [emails.map(({ id }) => id)],
  );
  expect(rows).toEqual([{ opens: 20, clicks: 20 }]);
  // Node is a program that lists of bots contain, so the person comes later.
  await visit(secret.links[0]!);
  await eventually(async () =>
    expect(await eventsOf(secret)).toEqual([
      { type: 'email.clicked', context: { verdict: 'human', reason: 'browser', link: null } },
    ]),
  );
});
