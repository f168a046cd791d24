import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { makeSealer } from '../../src/base/seal.ts';
import type { ComposedEmail } from '../../src/messaging/emails/compose-step.ts';
import { makeMailAddresses } from '../../src/messaging/inbound/mail-address.ts';
import { makeEmailTracking } from '../../src/messaging/tracking/email-tracking.ts';
import { eraserOfAll } from '../../src/modules.ts';
import { silent } from '../kit/database.ts';
import { returnAddressStep } from '../../src/messaging/inbound/return-address.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { SCENARIO_TOKENS } from '../kit/sent-email.ts';

const DOMAIN = 'in.crm.example';

let s: Scenario;
let port: number;
let dropbox: string;
let member: SignedIn;
const addresses = () =>
  makeMailAddresses({ db: s.db, sealer: makeSealer(Buffer.alloc(32, 7)), mailDomain: DOMAIN });

beforeAll(async () => {
  s = await startScenario({
    FAIRLEAD_SERVICES: 'api',
    FAIRLEAD_SMTP_LISTEN: '127.0.0.1:0',
    FAIRLEAD_MAIL_DOMAIN: DOMAIN,
  });
  ({ port } = (await s.app.receiveMail())!);
  dropbox = (await s.ask('GET', '/api/v1/inbound-email')).json.address;
  member = await makeMember(s, 'member', { name: 'Sam Seller' });
});
afterAll(() => s.stop());
beforeEach(async () => void (await s.newEvents()));

/** Sends a mail as a mail server does. @returns the code and text of a refusal, else null */
async function deliver(to: string | string[], lines: string[], from = 'anna@far.example') {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  try {
    await transport.sendMail({ envelope: { from, to }, raw: lines.join('\r\n') });
    return null;
  } catch (error) {
    const { responseCode, response } = error as { responseCode: number; response: string };
    return `${responseCode} ${response}`;
  } finally {
    transport.close();
  }
}

const newId = () => `${randomUUID()}@far.example`;

function mailOf(headers: Record<string, string>, body = 'Hello, I have a question.'): string[] {
  const all = {
    From: 'Anna Far <anna@far.example>',
    To: 'sales@acme.example',
    Subject: 'A question',
    'Message-ID': `<${newId()}>`,
    Date: 'Fri, 27 Nov 2026 10:00:00 +0000',
    ...headers,
  };
  return [...Object.entries(all).map(([name, value]) => `${name}: ${value}`), '', body, ''];
}

const emailsBy = async (query: string) => (await s.ask('GET', `/api/v1/emails?${query}`)).json.data;
const newest = async () => (await emailsBy('limit=1&direction=in'))[0];

async function contentOf(id: string) {
  const { rows } = await s.db.pool.query('select * from email_content where email_id = $1', [id]);
  return rows[0];
}

async function makeContact(email: string, more: object = {}): Promise<string> {
  const { json } = await s.ask('POST', '/api/v1/contacts', { body: { email, ...more } });
  await s.newEvents();
  return json.id;
}

/** A mail that was sent from here, as the queue leaves it. */
async function sentMail(to: string, more: Record<string, unknown> = {}) {
  const id = randomUUID();
  const threadId = randomUUID();
  const row = {
    message_id: `${id}@acme.example`,
    provider_id: null,
    visibility: 'team',
    user_id: null,
    contact_id: null,
    to,
    ...more,
  };
  await s.db.pool.query(
    `insert into email_thread (workspace_id, id, subject_key, visibility, user_id, email_count, last_at, created_at)
     values ($1, $2, 'your course', $3, $4, 1, now(), now())`,
    [s.alice.workspaceId, threadId, row.visibility, row.visibility === 'private' ? row.user_id : null],
  );
  await s.db.pool.query(
    `insert into email (workspace_id, id, version, direction, status, thread_id, message_id, provider_id, "from", "to",
       subject, contact_id, user_id, visibility, sent_at, custom_fields, created_by, created_at, updated_at)
     values ($1, $2, 1, 'out', 'sent', $3, $4, $5, 'sales@acme.example', $6, 'Your course', $7, $8, $9, now(), '{}',
       'test', now(), now())`,
    [
      s.alice.workspaceId,
      id,
      threadId,
      row.message_id,
      row.provider_id,
      row.to,
      row.contact_id,
      row.user_id,
      row.visibility,
    ],
  );
  const { bounce, reply } = addresses();
  return {
    id,
    threadId,
    messageId: row.message_id,
    bounce: (await bounce(s.alice.workspaceId, id))!,
    reply: (await reply(s.alice.workspaceId, id))!,
  };
}

function bounceReport(recipient: string, status: string, returnPath = '') {
  return [
    'From: MAILER-DAEMON@mx.far.example',
    'To: somebody@in.crm.example',
    'Subject: Undelivered',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'It failed.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.far.example',
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: failed',
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
    '',
    ...(returnPath === ''
      ? []
      : ['--b', 'Content-Type: message/rfc822', '', `Return-Path: <${returnPath}>`, '', '']),
    '--b--',
    '',
  ];
}

describe('EM5: mail that arrives by SMTP', () => {
  test('a mail to the address of the workspace is an email of the contact: email.received, once', async () => {
    const contact = await makeContact('anna@far.example', { other_emails: ['anna.far@home.example'] });
    const mail = mailOf({ From: 'Anna Far <Anna.Far@home.example>', Cc: 'ben@far.example' });
    expect(await deliver(dropbox, mail)).toBeNull();
    expect(await s.newEvents()).toEqual(['email.received']);
    expect(await newest()).toMatchObject({
      direction: 'in',
      status: 'received',
      from: 'Anna.Far@home.example',
      from_name: 'Anna Far',
      to: 'sales@acme.example',
      cc: ['ben@far.example'],
      subject: 'A question',
      snippet: 'Hello, I have a question.',
      contact_id: contact,
      auto_reply: false,
      sent_at: null,
    });
    expect(await deliver(dropbox, mail)).toBeNull();
    expect(await s.newEvents()).toEqual([]);
  });

  test('two deliveries of one mail at once are one email', async () => {
    const mail = mailOf({ From: 'twice@far.example' });
    expect(await Promise.all([deliver(dropbox, mail), deliver(dropbox, mail)])).toEqual([null, null]);
    expect(await s.newEvents()).toEqual(['email.received']);
  });

  test.each([
    ['another domain', 'anna@elsewhere.example'],
    ['a workspace without a token', 'acme@in.crm.example'],
    ['a token that nobody made', 'acme+aaaaaaaaaaaaaaaa@in.crm.example'],
    ['an invented return path', `bounce+${'a'.repeat(48)}@in.crm.example`],
  ])('%s is refused with 550 at RCPT', async (_name, to) => {
    expect(await deliver(to, mailOf({}))).toMatch(/^550 /);
  });

  test('the address can be replaced: the former one is refused', async () => {
    const before = dropbox;
    const { status, json } = await s.ask('POST', '/api/v1/inbound-email/replace-address');
    expect(status).toBe(200);
    dropbox = json.address;
    expect(dropbox).not.toBe(before);
    expect(await deliver(before, mailOf({}))).toMatch(/^550 /);
    expect(await deliver(dropbox, mailOf({}))).toBeNull();
    expect((await s.ask('PATCH', '/api/v1/inbound-email', { body: {}, as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', '/api/v1/inbound-email', { as: s.charlie })).json.address).not.toBe(dropbox);
  });
});

describe('EM5: threads', () => {
  test('a reply to the reply address is in the thread of its mail, whatever its headers say', async () => {
    const contact = await makeContact('carl@far.example');
    const sent = await sentMail('carl@far.example', { contact_id: contact });
    expect(await deliver(sent.reply.toUpperCase(), mailOf({ From: 'carl.other@far.example' }))).toBeNull();
    expect(await newest()).toMatchObject({ thread_id: sent.threadId, contact_id: contact });
  });

  test('a reply is found by In-Reply-To and References, also where the provider has replaced the id', async () => {
    const sent = await sentMail('dora@far.example', { provider_id: '0102018f-abc' });
    await deliver(
      dropbox,
      mailOf({ From: 'dora@far.example', References: `<x@y.example> <${sent.messageId}>` }),
    );
    expect((await newest()).thread_id).toBe(sent.threadId);
    const id = '<0102018f-abc@eu-west-1.amazonses.com>';
    await deliver(dropbox, mailOf({ From: 'dora@far.example', 'In-Reply-To': id }));
    expect((await newest()).thread_id).toBe(sent.threadId);
    const { rows } = await s.db.pool.query('select email_count from email_thread where id = $1', [
      sent.threadId,
    ]);
    expect(rows[0].email_count).toBe(3);
  });

  test('the same subject joins a thread of the contact only if the workspace wants it', async () => {
    const contact = await makeContact('emil@far.example');
    const sent = await sentMail('emil@far.example', { contact_id: contact });
    const mail = () => mailOf({ From: 'emil@far.example', Subject: 'AW: Re: Your  course' });
    await s.ask('PATCH', '/api/v1/inbound-email', { body: { match_subject: true } });
    await deliver(dropbox, mail());
    await s.ask('PATCH', '/api/v1/inbound-email', { body: { match_subject: false } });
    expect((await newest()).thread_id).toBe(sent.threadId);
    await deliver(dropbox, mail());
    expect((await newest()).thread_id).not.toBe(sent.threadId);
  });

  test('a reply to a private mail is private: its row has no content', async () => {
    const sent = await sentMail('fay@far.example', { visibility: 'private', user_id: member.id });
    await deliver(sent.reply, mailOf({ From: 'fay@far.example', Subject: 'A secret' }, 'Very private'));
    const received = await newest();
    expect(received).toMatchObject({
      thread_id: sent.threadId,
      visibility: 'private',
      user_id: member.id,
      from: null,
      to: null,
      subject: null,
      snippet: null,
    });
    expect(await contentOf(received.id)).toMatchObject({
      text: expect.stringContaining('Very private'),
      envelope: expect.objectContaining({ from: 'fay@far.example', subject: 'A secret' }),
    });
    const { rows } = await s.db.pool.query('select data::text as data from event where object_id = $1', [
      received.id,
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/fay|secret|Very/);
  });
});

describe('EM5: what is stored', () => {
  test('mail between members and newsletters are dropped, unless the workspace keeps them', async () => {
    const internal = () => mailOf({ From: member.email, To: member.email });
    const newsletter = () => mailOf({ 'List-Id': '<news.far.example>' });
    await deliver(dropbox, internal());
    await deliver(dropbox, newsletter());
    expect(await s.newEvents()).toEqual([]);
    await s.ask('PATCH', '/api/v1/inbound-email', { body: { keep_internal: true, keep_newsletters: true } });
    await deliver(dropbox, newsletter());
    await deliver(dropbox, internal());
    await s.ask('PATCH', '/api/v1/inbound-email', {
      body: { keep_internal: false, keep_newsletters: false },
    });
    expect(await s.newEvents()).toEqual(['email.received', 'email.sent']);
  });

  test('a copy of a mail that a member wrote elsewhere is an outgoing mail of the contact', async () => {
    const contact = await makeContact('greta@far.example');
    await deliver(dropbox, mailOf({ From: member.email, To: 'Greta <greta@far.example>' }), member.email);
    expect(await s.newEvents()).toEqual(['email.sent']);
    const [sent] = await emailsBy(`contact_id=${contact}`);
    expect(sent).toMatchObject({ direction: 'out', status: 'sent', to: 'greta@far.example' });
    expect(sent.sent_at).toBe('2026-11-27T10:00:00.000Z');
  });

  test('a forwarded mail is that of its first sender', async () => {
    const contact = await makeContact('hans@far.example');
    const body = '---------- Forwarded message ---------\r\nFrom: Hans H <hans@far.example>\r\n\r\nHello';
    await deliver(
      dropbox,
      mailOf({ From: member.email, To: dropbox, Subject: 'Fwd: Hello' }, body),
      member.email,
    );
    expect(await newest()).toMatchObject({ direction: 'in', from: 'hans@far.example', contact_id: contact });
  });

  test('an unknown sender becomes a contact only if the workspace wants it', async () => {
    await deliver(dropbox, mailOf({ From: 'Ida Nova <ida@far.example>' }));
    expect((await newest()).contact_id).toBeNull();
    await s.ask('PATCH', '/api/v1/inbound-email', { body: { create_contacts: true } });
    await s.newEvents();
    await deliver(dropbox, mailOf({ From: 'Ida Nova <ida@far.example>' }));
    await s.ask('PATCH', '/api/v1/inbound-email', { body: { create_contacts: false } });
    expect(await s.newEvents()).toEqual(['contact.created', 'email.received']);
    const { contact_id: id } = await newest();
    const { json } = await s.ask('GET', `/api/v1/contacts/${id}`);
    expect(json).toMatchObject({ first_name: 'Ida', last_name: 'Nova', email: 'ida@far.example' });
  });

  test('an absence note to the return path is shown as an automatic reply in its thread', async () => {
    const sent = await sentMail('jo@far.example');
    await deliver(sent.bounce, mailOf({ From: 'jo@far.example', 'Auto-Submitted': 'auto-replied' }), '');
    expect(await newest()).toMatchObject({ thread_id: sent.threadId, auto_reply: true });
    expect((await s.ask('GET', `/api/v1/emails/${sent.id}`)).json.status).toBe('sent');
  });

  test('attachments are downloads for those who read the mail, and HTML is never shown as such', async () => {
    const mail = mailOf({ 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' }, '');
    mail.splice(
      -1,
      1,
      '--b',
      'Content-Type: text/html',
      '',
      '<p>See the file</p>',
      '--b',
      'Content-Type: text/html; name=page.html',
      'Content-Disposition: attachment',
      '',
      '<script>1</script>',
      '--b',
      'Content-Type: application/ms-tnef; name=winmail.dat',
      '',
      'x',
      '--b--',
      '',
    );
    await deliver(dropbox, mail);
    const received = await newest();
    expect(received.snippet).toBe('See the file');
    const { attachments } = await contentOf(received.id);
    expect(attachments.map((item: { name: string }) => item.name)).toEqual(['page.html', 'winmail.dat']);
    const path = `/api/v1/emails/${received.id}/attachments/0`;
    const file = await s.ask('GET', path);
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await s.ask('GET', path, { as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', path, { as: s.charlie })).status).toBe(404);
  });
});

describe('EM5: how a mail is shown', () => {
  test('as a page of its own origin, without scripts; pictures of other servers only on request', async () => {
    const picture =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const html =
      '<script>alert(1)</script><a href="javascript:alert(2)" onclick="alert(3)">x</a><img src="cid:logo"><img src="https://far.example/pixel.gif"><base href="https://far.example/"><p>Hello</p>';
    const mail = mailOf({ 'MIME-Version': '1.0', 'Content-Type': 'multipart/related; boundary=b' }, '');
    mail.splice(
      -1,
      1,
      '--b',
      'Content-Type: text/html',
      '',
      html,
      '--b',
      'Content-Type: image/png; name=logo.png',
      'Content-ID: <logo>',
      'Content-Transfer-Encoding: base64',
      '',
      picture,
      '--b--',
      '',
    );
    await deliver(dropbox, mail);
    const { id } = await newest();
    const page = await s.ask('GET', `/api/v1/emails/${id}/frame`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox (?!.*(?:scripts|same-origin))/,
    );
    expect(page.text).toContain('<p>Hello</p>');
    expect(page.text).toContain(`data:image/png;base64,${picture}`);
    expect(page.text).not.toMatch(/alert|cid:|<base href/);
    const open = await s.ask('GET', `/api/v1/emails/${id}/frame?pictures=true`);
    expect(open.headers.get('content-security-policy')).toContain('img-src data: https: http:');
    expect((await s.ask('GET', `/api/v1/emails/${id}/frame`, { as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', `/api/v1/emails/${id}/frame`, { as: s.charlie })).status).toBe(404);
  });
});

test('the return path and the reply address of a mail are ours only where its account wants it', async () => {
  const step = returnAddressStep(addresses());
  const composed = (settings: object) =>
    ({
      workspaceId: s.alice.workspaceId,
      email: { id: randomUUID() },
      account: { settings },
      parts: { replyTo: null },
      envelopeFrom: 'sales@acme.example',
    }) as unknown as ComposedEmail;
  const plain = composed({});
  await step(plain);
  expect(plain).toMatchObject({ envelopeFrom: 'sales@acme.example', parts: { replyTo: null } });
  const ours = composed({ collect_bounces: true, collect_replies: true });
  await step(ours);
  expect(ours.envelopeFrom).toMatch(/^bounce\+[a-z2-7]{48}@in\.crm\.example$/);
  expect(ours.parts.replyTo).toMatch(/^reply\+[a-z2-7]{48}@in\.crm\.example$/);
});

describe('EM3: reports of mail servers', () => {
  test('a report to the return path is a bounce: email.bounced, once', async () => {
    const sent = await sentMail('kim@far.example');
    const report = bounceReport('kim@far.example', '5.1.1');
    await deliver(sent.bounce, report, '');
    await deliver(sent.bounce, report, '');
    expect(await s.newEvents()).toEqual(['email.bounced']);
    const { json } = await s.ask('GET', `/api/v1/emails/${sent.id}`);
    expect(json).toMatchObject({ status: 'bounced', bounce_kind: 'hard', bounce_status: '5.1.1' });
  });

  test('a report without the token of the mail changes nothing, whatever else it knows', async () => {
    const sent = await sentMail('lea@far.example');
    const other = await sentMail('mia@far.example');
    const forged = sent.bounce.replace(
      /bounce\+(.)/,
      (_whole, letter) => `bounce+${letter === 'a' ? 'b' : 'a'}`,
    );
    expect(await deliver(forged, bounceReport('lea@far.example', '5.1.1'), '')).toMatch(/^550 /);
    await deliver(dropbox, bounceReport('lea@far.example', '5.1.1', forged), '');
    await deliver(other.reply, bounceReport('lea@far.example', '5.1.1'), '');
    // The token of another mail speaks for that mail only.
    await deliver(other.bounce, bounceReport('lea@far.example', '5.1.1'), '');
    expect((await s.ask('GET', `/api/v1/emails/${sent.id}`)).json.status).toBe('sent');
    expect(await s.newEvents()).toEqual(['email.bounced']);
  });
});

describe('EM5: mails of hostile shapes', () => {
  const parts = (count: number) =>
    Array.from({ length: count }, (_part, n) => ['--b', 'Content-Type: text/plain', '', `part ${n}`]).flat();
  const multipart = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' };
  const nested = Array.from({ length: 50 }, (_level, n) => [
    `--b${n}`,
    `Content-Type: multipart/mixed; boundary=b${n + 1}`,
    '',
  ]).flat();

  test.each<[string, string[], string | null]>([
    ['2,000 parts', [...mailOf(multipart, ''), ...parts(2000), '--b--', ''], 'too_many_parts'],
    [
      'parts 50 levels deep',
      [...mailOf({ ...multipart, 'Content-Type': 'multipart/mixed; boundary=b0' }, ''), ...nested, 'end', ''],
      'too_deep',
    ],
    [
      'a header of 10 MB',
      mailOf({ 'X-Long': `a\r\n ${'b'.repeat(900)}`.repeat(11_000) }),
      'header_too_large',
    ],
    [
      'a charset that lies',
      mailOf({ 'Content-Type': 'text/plain; charset=utf-16le' }, 'odd b\u{FFFF}ytes'),
      null,
    ],
    ['a charset that does not exist', mailOf({ 'Content-Type': 'text/plain; charset=klingon' }), null],
    ['NUL and lone surrogates', mailOf({ Subject: '=?utf-8?Q?a=00b=ED=A0=80?=' }, 'x\0y'), null],
    [
      'addresses that are none',
      mailOf({ To: '<<<>>>, "a@b" <not an address>, a@b@c', Cc: ','.repeat(5000) }),
      null,
    ],
    ['base64 that is none', mailOf({ 'Content-Transfer-Encoding': 'base64' }, '====\0é'), null],
  ])('%s: it is stored as far as it can be read, and so is the next mail', async (_name, mail, problem) => {
    expect(await deliver(dropbox, mail)).toBeNull();
    expect(await deliver(dropbox, mailOf({ Subject: 'The next one' }))).toBeNull();
    expect(await s.newEvents()).toEqual(['email.received', 'email.received']);
    const [next, hostile] = await emailsBy('limit=2&direction=in');
    expect(next.subject).toBe('The next one');
    const { envelope, attachments } = await contentOf(hostile.id);
    expect(envelope.problem ?? null).toBe(problem);
    const names = attachments.map(({ name }: { name: string }) => name);
    const isOriginalAlone = names.length === 1 && names[0] === 'message.eml';
    expect(isOriginalAlone).toBe(problem !== null);
  });

  test('a mail of more than 25 MB is refused with 552', async () => {
    expect(await deliver(dropbox, mailOf({}, `${'a'.repeat(990)}\r\n`.repeat(27_500)))).toMatch(/^552 /);
  });
});

test('EM5: a mailbox in the network of the server is refused, unless the operator has opened it', async () => {
  const { json } = await s.ask('POST', '/api/v1/connections', {
    body: {
      kind: 'imap',
      name: 'Inside',
      settings: { host: '10.1.2.3' },
      secrets: { username: 'sam', password: 'secret' },
    },
  });
  const result = await s.ask('POST', `/api/v1/connections/${json.id}/test`);
  expect(result.json).toMatchObject({ ok: false, message: expect.stringContaining('private') });
});

describe('unread mails', () => {
  const counted = async (as?: SignedIn) =>
    (await (as ?? s).ask('GET', '/api/v1/email-threads/unread')).json as { threads: number; emails: number };
  const mark = async (path: string, as?: object) =>
    (await s.ask('POST', `/api/v1/${path}`, as && { as: as as never })).status;
  const unreadThreads = async () =>
    (await s.ask('GET', '/api/v1/email-threads?unread=true')).json.data as { id: string; unread: number }[];

  test('a received mail is unread until somebody has read its thread, for all of them', async () => {
    await s.db.pool.query('update email set unread = false');
    const sent = await sentMail('rita@far.example');
    await deliver(sent.reply, mailOf({ From: 'rita@far.example' }));
    await deliver(sent.reply, mailOf({ From: 'rita@far.example' }, 'And another one'));
    const { id, version } = await newest();
    expect((await emailsBy('unread=true')).map((email: { unread: boolean }) => email.unread)).toEqual([
      true,
      true,
    ]);
    expect(await unreadThreads()).toEqual([expect.objectContaining({ id: sent.threadId, unread: 2 })]);
    expect(await counted()).toEqual({ threads: 1, emails: 2 });
    await s.newEvents();
    expect(await mark(`emails/${id}/read`)).toBe(204);
    expect(await mark(`emails/${id}/read`)).toBe(204);
    expect(await newest()).toMatchObject({ unread: false, version: version + 1 });
    expect(await mark(`email-threads/${sent.threadId}/read`)).toBe(204);
    expect([await counted(member), await unreadThreads()]).toEqual([{ threads: 0, emails: 0 }, []]);
    expect(await mark(`email-threads/${sent.threadId}/unread`)).toBe(204);
    expect(await counted(member)).toEqual({ threads: 1, emails: 1 });
    expect(await newest()).toMatchObject({ id, unread: true });
    expect(await s.newEvents()).toEqual([]);
    expect(await mark(`emails/${sent.id}/unread`)).toBe(409);
    for (const path of [`emails/${id}/read`, `email-threads/${sent.threadId}/read`]) {
      expect(await mark(path, s.charlie)).toBe(404);
      expect(await mark(path, await s.person(['emails:read']))).toBe(403);
    }
    expect(await counted(member)).toEqual({ threads: 1, emails: 1 });
  });

  test('a private mail is unread for its member alone', async () => {
    await s.db.pool.query('update email set unread = false');
    const sent = await sentMail('sue@far.example', { visibility: 'private', user_id: member.id });
    await deliver(sent.reply, mailOf({ From: 'sue@far.example' }));
    expect([await counted(), await counted(member)]).toEqual([
      { threads: 0, emails: 0 },
      { threads: 1, emails: 1 },
    ]);
    expect(await mark(`email-threads/${sent.threadId}/read`)).toBe(404);
    expect((await member.ask('POST', `/api/v1/email-threads/${sent.threadId}/read`)).status).toBe(204);
    expect((await counted(member)).emails).toBe(0);
  });
});

describe('EM4: unsubscribing by mail', () => {
  const suppressed = async (email: string) =>
    (await s.ask('GET', `/api/v1/suppressions?email=${email}`)).json.data as {
      reason: string;
      email_id: string;
    }[];
  const tracking = () =>
    makeEmailTracking({
      db: s.db,
      clock: systemClock,
      tokens: SCENARIO_TOKENS,
      mailAddresses: addresses(),
      baseUrl: () => s.url,
    });
  /** The address in List-Unsubscribe. */
  async function unsubscribeAddress(id: string) {
    const { headers } = await tracking().prepare({
      workspaceId: s.alice.workspaceId,
      id,
      contactId: null,
      html: null,
      trackOpens: false,
      trackClicks: false,
      hasUnsubscribe: true,
    });
    const [, url, address] = /^<(http[^>]+)>, <mailto:([^?]+)\?subject=unsubscribe>$/.exec(
      headers['List-Unsubscribe']!,
    )!;
    expect(url).toContain(`${s.url}/u/`);
    return address!;
  }

  test('a mail to the address of a mail suppresses its recipient, whatever its sender, and is no email', async () => {
    const contact = await makeContact('tina@far.example');
    const sent = await sentMail('tina@far.example', { contact_id: contact });
    const address = await unsubscribeAddress(sent.id);
    expect(address.split('@')[0]!.length).toBeLessThanOrEqual(64);
    const before = await newest();
    const mail = mailOf({ From: 'tina@phone.example', To: address, Subject: 'unsubscribe' }, '');
    expect(await deliver(address.toUpperCase(), mail)).toBeNull();
    expect(await suppressed('tina@far.example')).toEqual([
      expect.objectContaining({ reason: 'unsubscribe', email_id: sent.id }),
    ]);
    expect(await s.newEvents()).toEqual(['contact.unsubscribed']);
    await deliver(address, mail);
    expect(await s.newEvents()).toEqual([]);
    expect((await newest()).id).toBe(before.id);
    expect((await s.ask('GET', '/api/v1/inbound-email')).json.last_email).toMatchObject({
      outcome: 'unsubscribed',
      reason: null,
    });
  });

  test('a forged token, that of a reply, a mail server, and a mailbox unsubscribe nobody', async () => {
    const sent = await sentMail('ute@far.example');
    const address = await unsubscribeAddress(sent.id);
    const [name, host] = address.split('@') as [string, string];
    const forged = `${name.slice(0, -1)}${name.endsWith('a') ? 'b' : 'a'}@${host}`;
    const ofReply = sent.reply.replace('reply+', 'unsub+');
    for (const to of [forged, ofReply]) expect(await deliver(to, mailOf({ To: to }))).toMatch(/^550 /);
    const report = bounceReport('ute@far.example', '5.1.1');
    for (const lines of [report, mailOf({ To: address })])
      expect(await deliver(address, lines, '')).toBeNull();
    // Its address in a header alone, as in a copy of the mail.
    await deliver(dropbox, mailOf({ From: 'ute@far.example', To: address }));
    expect(await suppressed('ute@far.example')).toEqual([]);
  });
});

test('EM5: the page of the settings learns whether mail arrives, also mail that is not stored', async () => {
  const read = async () => (await s.ask('GET', '/api/v1/inbound-email')).json;
  expect(await read()).toMatchObject({ domain: DOMAIN, listener: { has_tls: false } });
  await s.ask('PATCH', '/api/v1/inbound-email', { body: { keep_newsletters: false } });
  await deliver(dropbox, mailOf({ 'List-Id': '<news.far.example>' }));
  expect((await read()).last_email).toMatchObject({ outcome: 'ignored', reason: 'newsletter' });
  await deliver(dropbox, mailOf({ From: 'vera@far.example' }));
  expect((await read()).last_email).toMatchObject({ outcome: 'stored', reason: null });
  const made = await s.ask('POST', '/api/v1/connections', {
    body: {
      kind: 'postmark',
      name: 'Postmark',
      settings: { from_email: 'sales@acme.example', owner: member.id, visibility: 'private' },
      secrets: { server_token: 'token-of-postmark' },
    },
  });
  const sources = '/api/v1/inbound-email/sources';
  const { json } = await s.ask('GET', sources);
  expect(json.data).toContainEqual(
    expect.objectContaining({
      connection_id: made.json.id,
      kind: 'postmark',
      url: expect.stringMatching(new RegExp(`/webhooks/postmark/${made.json.id}/inbound$`)),
      owner: member.id,
      visibility: 'private',
      state: 'waiting',
      last_received_at: null,
    }),
  );
  expect((await s.ask('GET', sources, { as: s.charlie })).json.data).toEqual([]);
  expect((await s.ask('GET', sources, { as: await s.person(['emails:read']) })).status).toBe(403);
});

describe('a contact with mails under way', () => {
  test('a mail of a merged contact is that of the survivor', async () => {
    const [kept, merged] = [await makeContact('nina@far.example'), await makeContact('nina@old.example')];
    await deliver(dropbox, mailOf({ From: 'nina@old.example' }));
    await s.ask('POST', `/api/v1/contacts/${kept}/merge`, { body: { with: [merged] } });
    expect((await newest()).contact_id).toBe(kept);
    await deliver(dropbox, mailOf({ From: 'nina@old.example' }));
    expect((await newest()).contact_id).toBe(kept);
  });

  test('a contact that is deleted while its mail is written waits for the mail', async () => {
    const contact = await makeContact('olga@far.example');
    const [reply] = await Promise.all([
      s.ask('DELETE', `/api/v1/contacts/${contact}`),
      deliver(dropbox, mailOf({ From: 'olga@far.example' })),
    ]);
    expect(reply.status).toBe(204);
    expect([contact, null]).toContain((await newest()).contact_id);
  });

  test('files end with the mail that is erased, and the same mail does not come back', async () => {
    const mail = mailOf({ 'Content-Type': 'application/pdf; name=bill.pdf', From: 'paul@far.example' });
    await deliver(dropbox, mail);
    const { id } = await newest();
    const { attachments } = await contentOf(id);
    await s.ask('POST', `/api/v1/emails/${id}/erase`);
    await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
    expect(await contentOf(id)).toMatchObject({ text: null, envelope: null, attachments: [] });
    expect((await s.ask('GET', `/api/v1/files/${attachments[0].file_id}`)).status).toBe(404);
    await s.newEvents();
    await deliver(dropbox, mail);
    expect(await s.newEvents()).toEqual([]);
  });
});
