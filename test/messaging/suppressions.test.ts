import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reply, startMailServer, type MailServer } from '../kit/mail-server.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { insertSentEmail, SCENARIO_TOKENS, type SentEmail } from '../kit/sent-email.ts';

let s: Scenario;
let server: MailServer;
let accountId: string;
let topicId: string;
let member: SignedIn;
beforeAll(async () => {
  [s, server] = await Promise.all([startScenario(), startMailServer()]);
  const settings = {
    host: '127.0.0.1',
    port: Number(new URL(server.url).port),
    tls: 'none',
    from_email: 'sales@acme.example',
  };
  accountId = (await made('connections', { kind: 'smtp', name: 'Sales', settings, secrets: {} })).id;
  topicId = (await made('email-topics', { name: 'Newsletter', description: 'Once a month' })).id;
  member = await makeMember(s, 'member');
});
afterAll(async () => {
  await s?.stop();
  await server?.close();
});

async function made(path: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBe(201);
  return json;
}
const listed = async (email: string) =>
  (await s.ask('GET', `/api/v1/suppressions?email=${encodeURIComponent(email)}`)).json.data as {
    id: string;
    reason: string;
    topic_id: string | null;
  }[];
const postForm = ({ unsubscribe }: SentEmail, fields: Record<string, string> | string[][]) =>
  fetch(s.url + unsubscribe, {
    method: 'POST',
    body: new URLSearchParams(fields as Record<string, string>),
    redirect: 'manual',
  });
const ONE_CLICK = { 'List-Unsubscribe': 'One-Click' };

/** A mail to an address, once its sending is over. */
async function outcomeOf(body: object) {
  const { id } = await made('emails', { subject: 'Hi', text: 'Hello', connection_id: accountId, ...body });
  const read = async () => (await s.ask('GET', `/api/v1/emails/${id}`)).json;
  await until(async () => ['sent', 'cancelled', 'bounced'].includes((await read()).status));
  return read();
}

describe('EM3: the suppression list', () => {
  test('no mail is sent to an address on it, in whatever case; owners may insist', async () => {
    const suppression = await made('suppressions', { email: 'No.More@Example.com', note: 'asked by phone' });
    expect(suppression).toMatchObject({ reason: 'manual', topic_id: null, note: 'asked by phone' });
    expect(await outcomeOf({ to: 'no.more@example.com' })).toMatchObject({
      status: 'cancelled',
      status_reason: 'The recipient is on the suppression list.',
    });
    expect((await s.ask('DELETE', `/api/v1/suppressions/${suppression.id}`)).status).toBe(204);
    expect(await outcomeOf({ to: 'no.more@example.com' })).toMatchObject({ status: 'sent' });
  });

  test('a suppression of a topic stops its mails, and no others', async () => {
    await made('suppressions', { email: 'topic@example.com', topic_id: topicId });
    expect(await outcomeOf({ to: 'topic@example.com', topic_id: topicId })).toMatchObject({
      status: 'cancelled',
    });
    expect(await outcomeOf({ to: 'topic@example.com' })).toMatchObject({ status: 'sent' });
  });

  test('it gets no copy either: Cc and Bcc are left out in the claim, and the mail says whom', async () => {
    await made('suppressions', { email: 'Copy@example.com' });
    await made('suppressions', { email: 'hidden@example.com', topic_id: topicId });
    const recipients: string[] = [];
    server.onRecipient((address) => (recipients.push(address), null));
    const copies = { cc: ['kept@example.com', 'copy@example.com'], bcc: ['hidden@example.com'] };
    const mail = await outcomeOf({ to: 'copied@example.com', topic_id: topicId, ...copies });
    const dropped = ['copy@example.com', 'hidden@example.com'];
    expect(mail).toMatchObject({ status: 'sent', ...copies, dropped_recipients: dropped });
    expect(recipients.toSorted()).toEqual(['copied@example.com', 'kept@example.com']);
    expect(server.inbox.at(-1)!.raw).not.toMatch(/copy@|hidden@/);
    const { json } = await s.ask('GET', `/api/v1/emails/${mail.id}/content`);
    expect(json.dropped_recipients).toEqual(dropped);
    // Without the topic, or if the sender insists, they get it.
    expect(await outcomeOf({ to: 'copied@example.com', bcc: ['hidden@example.com'] })).toMatchObject({
      dropped_recipients: [],
    });
    const insisting = await member.ask('POST', '/api/v1/emails', {
      body: { to: 'copied@example.com', subject: 'a', text: 'b', cc: copies.cc, ignore_suppression: true },
    });
    expect(insisting.status).toBe(403);
    expect(
      await outcomeOf({ to: 'copied@example.com', cc: copies.cc, ignore_suppression: true }),
    ).toMatchObject({ dropped_recipients: [] });
    expect(recipients.filter((address) => address === 'copy@example.com')).toHaveLength(1);
    server.onRecipient(() => null);
  });

  test('a refusal at RCPT suppresses the address: the next mail is not sent', async () => {
    server.onRecipient((address) =>
      address === 'gone@example.com' ? reply(550, '5.1.1 user unknown') : null,
    );
    expect(await outcomeOf({ to: 'gone@example.com' })).toMatchObject({
      status: 'bounced',
      bounce_kind: 'hard',
    });
    expect(await outcomeOf({ to: 'gone@example.com' })).toMatchObject({ status: 'cancelled' });
    expect(await listed('gone@example.com')).toMatchObject([{ reason: 'hard_bounce' }]);
  });

  test('a block suppresses nobody, and tells owners and admins once a day', async () => {
    const owner = await makeMember(s, 'admin');
    server.onRecipient((address) =>
      address.startsWith('blocked') ? reply(550, '5.7.1 blocked by Spamhaus, see x@y.example') : null,
    );
    expect(await outcomeOf({ to: 'blocked1@example.com' })).toMatchObject({ bounce_kind: 'block' });
    await outcomeOf({ to: 'blocked2@example.com' });
    expect(await listed('blocked1@example.com')).toEqual([]);
    const { json } = await owner.ask('GET', '/api/v1/notices');
    expect(json.data).toMatchObject([{ type: 'email.blocked', object_id: accountId }]);
    expect(JSON.stringify(json.data)).not.toContain('@');
  });

  test('is closed to members, to keys without its scope, and to other workspaces', async () => {
    expect((await member.ask('GET', '/api/v1/suppressions')).status).toBe(403);
    expect((await s.ask('GET', '/api/v1/suppressions', { as: s.bob })).status).toBe(403);
    const body = { email: 'x@example.com' };
    expect((await s.ask('POST', '/api/v1/suppressions', { as: s.bob, body })).status).toBe(403);
    const { id } = await made('suppressions', body);
    expect((await s.ask('DELETE', `/api/v1/suppressions/${id}`, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('GET', '/api/v1/suppressions', { as: s.charlie })).json.data).toEqual([]);
    const reader = await s.person(['suppressions:read']);
    expect((await s.ask('GET', '/api/v1/suppressions?limit=1', { as: reader })).status).toBe(200);
    expect((await s.ask('DELETE', `/api/v1/suppressions/${id}`, { as: reader })).status).toBe(403);
  });

  test('refuses an address that is none, and the topic of another workspace', async () => {
    for (const [body, field] of [
      [{ email: 'nobody' }, 'email'],
      [{ email: null }, 'email'],
      [{ email: 'x@example.com', topic_id: accountId }, 'topic_id'],
    ] as const) {
      const { status, json } = await s.ask('POST', '/api/v1/suppressions', { body });
      expect([status, json.error.fields[0].field]).toEqual([400, field]);
    }
    const mail = {
      to: 'a@example.com',
      subject: 'x',
      text: 'x',
      connection_id: accountId,
      topic_id: accountId,
    };
    expect((await s.ask('POST', '/api/v1/emails', { body: mail })).json.error.fields[0].field).toBe(
      'topic_id',
    );
  });
});

describe('email topics', () => {
  test('have unique names, versions, and are changed by managers', async () => {
    const created = await made('email-topics', { name: 'Events' });
    const path = `/api/v1/email-topics/${created.id}`;
    expect((await s.ask('POST', '/api/v1/email-topics', { body: { name: 'EVENTS' } })).status).toBe(409);
    const changed = await s.ask('PATCH', path, { body: { name: 'Fairs' }, headers: { 'if-match': '"1"' } });
    expect(changed.json).toMatchObject({ name: 'Fairs', version: 2 });
    expect((await s.ask('PATCH', path, { body: { name: 'x' }, headers: { 'if-match': '"1"' } })).status).toBe(
      412,
    );
    expect((await member.ask('GET', '/api/v1/email-topics')).json.data).toHaveLength(2);
    expect((await member.ask('PATCH', path, { body: { name: 'x' } })).status).toBe(403);
    expect((await s.ask('DELETE', path, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('DELETE', path)).status).toBe(204);
  });
});

describe('EM4: unsubscribing', () => {
  test('mails by template have the headers of RFC 8058, others have none', async () => {
    const bulk = await outcomeOf({ to: 'bulk@example.com', unsubscribe: true });
    const raw = server.inbox.find((mail) => mail.raw.includes(bulk.id))!.raw.replaceAll(/\r\n[ \t]+/g, ' ');
    expect(raw).toMatch(/^List-Unsubscribe: <http:\/\/[^>]+\/u\/[\w-]{38}>\r?$/m);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/m);
    const single = await outcomeOf({ to: 'single@example.com' });
    expect(server.inbox.find((mail) => mail.raw.includes(single.id))!.raw).not.toContain('List-Unsubscribe');
  });

  test('one click unsubscribes, without a page, a cookie or a redirect, and fires contact.unsubscribed once', async () => {
    const contact = await made('contacts', { email: 'Jane@example.com' });
    const email = await insertSentEmail(s, { to: 'jane@example.com', contactId: contact.id });
    await s.newEvents();
    for (const body of [new URLSearchParams(ONE_CLICK), form(ONE_CLICK)]) {
      const response = await fetch(s.url + email.unsubscribe, { method: 'POST', body, redirect: 'manual' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(response.headers.get('set-cookie')).toBeNull();
    }
    expect(await listed('jane@example.com')).toMatchObject([{ reason: 'unsubscribe', topic_id: null }]);
    expect(await s.newEvents()).toEqual(['contact.unsubscribed']);
    const { json } = await s.ask('GET', `/api/v1/contacts/${contact.id}`);
    expect(json.email_preferences).toEqual({
      unsubscribed: true,
      reasons: ['unsubscribe'],
      unsubscribed_topics: [],
      tracking: 'allowed',
    });
    expect(await outcomeOf({ contact_id: contact.id })).toMatchObject({ status: 'cancelled' });
  });

  test('one click on a mail with a topic unsubscribes from the topic', async () => {
    const email = await insertSentEmail(s, { to: 'tom@example.com', topicId });
    await postForm(email, ONE_CLICK);
    expect(await listed('tom@example.com')).toMatchObject([{ reason: 'unsubscribe', topic_id: topicId }]);
  });

  test('the page shows the topics, saves the choice, and subscribes again', async () => {
    const email = await insertSentEmail(s, { to: 'paula@example.com' });
    const page = await fetch(s.url + email.unsubscribe);
    const text = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).toContain('Newsletter');
    expect(text).toContain('p•••@example.com');
    expect(text).not.toContain('paula@');
    await postForm(email, [['action', 'topics']]);
    expect(await listed('paula@example.com')).toMatchObject([{ topic_id: topicId }]);
    await postForm(email, [
      ['action', 'topics'],
      ['topic', topicId],
    ]);
    expect(await listed('paula@example.com')).toEqual([]);
    expect(await (await postForm(email, { action: 'unsubscribe' })).text()).toContain('Subscribe again');
    expect(await listed('paula@example.com')).toMatchObject([{ topic_id: null }]);
    await postForm(email, { action: 'resubscribe' });
    expect(await listed('paula@example.com')).toEqual([]);
  });

  test('nobody takes back a bounce, or what a member entered', async () => {
    const email = await insertSentEmail(s, { to: 'kept@example.com' });
    await made('suppressions', { email: 'kept@example.com' });
    await postForm(email, { action: 'resubscribe' });
    expect(await listed('kept@example.com')).toMatchObject([{ reason: 'manual' }]);
  });

  test('no GET ever unsubscribes, whatever it says', async () => {
    const email = await insertSentEmail(s, { to: 'scanned@example.com' });
    const parts = fc.constantFrom(
      'List-Unsubscribe',
      'One-Click',
      'action',
      'unsubscribe',
      'topics',
      '=',
      '&',
      '1',
      '%',
    );
    const headers = fc.constantFrom({}, { 'x-http-method-override': 'POST' }, { purpose: 'prefetch' });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'),
        fc.array(parts, { maxLength: 8 }),
        headers,
        async (method, query, more) => {
          await fetch(`${s.url}${email.unsubscribe}?${query.join('')}`, { method, headers: more });
        },
      ),
      { numRuns: 60 },
    );
    for (const body of ['', 'List-Unsubscribe=Two-Clicks', 'action=nothing'])
      await fetch(s.url + email.unsubscribe, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect(await listed('scanned@example.com')).toEqual([]);
  });

  test('a token of a link, of another mail or of nothing unsubscribes nobody', async () => {
    const email = await insertSentEmail(s, { to: 'forged@example.com' });
    const linkToken = SCENARIO_TOKENS.make('l', { emailId: email.id, link: 0 });
    for (const path of [`/u/${linkToken}`, '/u/x', `/u/${'A'.repeat(38)}`]) {
      const response = await fetch(s.url + path, { method: 'POST', body: new URLSearchParams(ONE_CLICK) });
      expect(response.status).toBe(404);
    }
    expect(await listed('forged@example.com')).toEqual([]);
  });
});

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}
