import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { reply, startMailServer, type MailServer } from '../kit/mail-server.ts';
import { until } from '../kit/process.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let server: MailServer;
let accountId: string;
let contactId: string;

beforeAll(async () => {
  [s, server] = await Promise.all([startScenario(), startMailServer()]);
  accountId = (await makeAccount('Sales')).id;
  contactId = (await made('contacts', { first_name: 'Jane', email: 'jane@example.com' })).id;
});
afterAll(async () => {
  await s?.stop();
  await server?.close();
});
beforeEach(() => {
  server.onRecipient(() => null);
  server.onContent(() => null);
});

async function made(path: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBe(201);
  return json;
}
const makeAccount = (name: string, settings: object = {}, at = server) =>
  made('connections', {
    kind: 'smtp',
    name,
    settings: {
      host: '127.0.0.1',
      port: Number(new URL(at.url).port),
      tls: 'none',
      from_email: 'sales@acme.example',
      from_name: 'Acme Sales',
      ...settings,
    },
    secrets: {},
  });
const send = (body: object, more: object = {}): Promise<Reply> =>
  s.ask('POST', '/api/v1/emails', {
    body: {
      to: 'jane@example.com',
      subject: 'Your berth',
      text: 'Hello Jane.',
      connection_id: accountId,
      ...body,
    },
    ...more,
  });
const read = async (id: string) => (await s.ask('GET', `/api/v1/emails/${id}`)).json;
/** Waits until a mail has one of these statuses. */
async function reaches(id: string, ...statuses: string[]) {
  await until(async () => statuses.includes((await read(id)).status));
  return read(id);
}
/** Waits until the mail has fired more than `email.created`. */
async function fired(id: string) {
  await until(async () => (await eventsOf(id)).length > 1);
  return eventsOf(id);
}
async function sent(body: object = {}) {
  const { status, json, text } = await send(body);
  expect(status, text).toBe(201);
  return json;
}
const mailOf = (id: string) => server.inbox.find(({ raw }) => raw.includes(id));
const eventsOf = async (id: string) =>
  (
    await s.db.pool.query<{ type: string }>(
      'select type from event where object_id = $1 and seq is not null order by seq',
      [id],
    )
  ).rows.map(({ type }) => type);

describe('EM1: sending', () => {
  test('a mail goes out through the account, and email.sent is fired once it is accepted', async () => {
    const { id, status, from, contact_id } = await sent({ html: '<p>Hello <b>Jane</b>.</p>', text: null });
    expect({ status, from, contact_id }).toEqual({
      status: 'queued',
      from: 'sales@acme.example',
      contact_id: contactId,
    });
    const email = await reaches(id, 'sent');
    expect(email).toMatchObject({
      status_reason: null,
      message_id: `${id}@acme.example`,
      snippet: 'Hello Jane.',
    });
    expect(email.sent_at).not.toBeNull();
    const { raw } = mailOf(id)!;
    expect(raw).toContain('From: Acme Sales <sales@acme.example>');
    expect(raw).toContain('multipart/alternative');
    expect(await fired(id)).toEqual(['email.created', 'email.sent']);
  });

  test('a double click with one Idempotency-Key is one mail', async () => {
    const headers = { 'idempotency-key': 'click-1' };
    const [first, second] = await Promise.all([send({}, { headers }), send({}, { headers })]);
    const ids = [first, second].filter(({ status }) => status === 201).map(({ json }) => json.id);
    expect(new Set(ids).size).toBe(1);
    const again = await send({}, { headers });
    expect(again.json.id).toBe(ids[0]);
    await reaches(ids[0], 'sent');
    expect(server.inbox.filter(({ raw }) => raw.includes(ids[0]))).toHaveLength(1);
  });

  test('cc, bcc and attachments arrive; bcc is in no header', async () => {
    const upload = await s.ask('POST', '/api/v1/email-attachments?name=offer.pdf', {
      raw: new Uint8Array([37, 80, 68, 70]),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(upload.status, upload.text).toBe(201);
    const { id } = await sent({
      cc: ['carol@example.com'],
      bcc: ['dave@example.com'],
      attachments: [upload.json.id],
    });
    await reaches(id, 'sent');
    const { raw } = mailOf(id)!;
    expect(raw).toContain('Cc: carol@example.com');
    expect(raw).not.toContain('dave');
    expect(raw).toContain('filename=offer.pdf');
    const content = (await s.ask('GET', `/api/v1/emails/${id}/content`)).json;
    expect(content).toMatchObject({
      bcc: ['dave@example.com'],
      attachments: [{ name: 'offer.pdf', size: 4 }],
    });
    const file = await s.ask('GET', content.attachments[0].url);
    expect([file.status, file.text]).toEqual([200, '%PDF']);
    expect((await s.ask('GET', `/api/v1/files/${upload.json.id}`)).status).toBe(404);
  });

  test('an answer has the references of its thread', async () => {
    const first = await sent();
    const { id, thread_id, subject } = await sent({ reply_to_email_id: first.id, subject: null });
    expect({ thread_id, subject }).toEqual({ thread_id: first.thread_id, subject: 'Re: Your berth' });
    await reaches(id, 'sent');
    expect(mailOf(id)!.raw).toContain(`In-Reply-To: <${first.message_id}>`);
    const threads = (await s.ask('GET', '/api/v1/email-threads')).json.data;
    expect(threads.find((item: { id: string }) => item.id === thread_id)).toMatchObject({ email_count: 2 });
  });

  test('a scheduled mail waits, and can be cancelled', async () => {
    const { id, status } = await sent({ send_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect(status).toBe('scheduled');
    const { json } = await s.ask('POST', `/api/v1/emails/${id}/cancel`);
    expect(json.status).toBe('cancelled');
    expect((await s.ask('POST', `/api/v1/emails/${id}/cancel`)).status).toBe(409);
  });

  test('what a draft or a scheduled mail says changes until it is sent, by its version', async () => {
    const draft = await sent({ status: 'draft', html: '<p>First</p>', text: null });
    const change = (id: string, body: object, more: object = {}) =>
      s.ask('PATCH', `/api/v1/emails/${id}`, { body, ...more });
    const contentOf = async (id: string) => (await s.ask('GET', `/api/v1/emails/${id}/content`)).json;
    const body = { html: '<p>Second<script>x()</script></p>', cc: ['copy@example.com'] };
    const changed = await change(draft.id, body, { headers: { 'if-match': `"${draft.version}"` } });
    expect(changed.json).toMatchObject({ content_version: 2, snippet: 'Second', cc: ['copy@example.com'] });
    expect(await contentOf(draft.id)).toMatchObject({ html: '<p>Second</p>', text: 'Second' });
    const stale = await change(draft.id, { text: 'x' }, { headers: { 'if-match': `"${draft.version}"` } });
    expect(stale.status).toBe(412);
    expect(await contentOf(draft.id)).toMatchObject({ html: '<p>Second</p>', text: 'Second' });

    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = await sent({ send_at: inAnHour });
    const writer = await s.person(['emails:write']);
    expect((await change(id, { to: 'mallory@example.com' }, { as: writer })).status).toBe(403);
    expect((await change(id, { to: null })).status).toBe(400);
    expect((await change(id, { connection_id: null })).status).toBe(409);
    const moved = { to: 'other@example.com', subject: 'Later', text: 'Third', send_at: null };
    expect((await change(id, moved)).json).toMatchObject({ status: 'queued', to: 'other@example.com' });
    await reaches(id, 'sent');
    expect(mailOf(id)).toMatchObject({ to: 'other@example.com', raw: expect.stringMatching(/Third/) });
    expect(mailOf(id)!.raw).toContain('Subject: Later');
    for (const late of [{ text: 'x' }, { to: 'jane@example.com' }])
      expect((await change(id, late)).status).toBe(409);
    expect((await change(id, { text: 'Third' })).status).toBe(200);
  });

  test('a mail that is being sent cannot be changed', async () => {
    let answer: (error: null) => void = () => undefined;
    server.onContent(() => new Promise((resolve) => (answer = resolve)));
    const { id } = await sent();
    await until(() => mailOf(id) !== undefined);
    expect((await s.ask('PATCH', `/api/v1/emails/${id}`, { body: { text: 'x' } })).status).toBe(409);
    answer(null);
    await reaches(id, 'sent');
  });

  test('a draft is sent when it is complete', async () => {
    const draft = await sent({ status: 'draft', to: null, subject: 'First' });
    expect(draft.status).toBe('draft');
    const path = `/api/v1/emails/${draft.id}`;
    await s.ask('PATCH', path, { body: { to: 'jane@example.com', subject: 'Second' } });
    expect((await s.ask('POST', `${path}/send`)).json.status).toBe('queued');
    await reaches(draft.id, 'sent');
    expect(mailOf(draft.id)!.raw).toContain('Subject: Second');
    expect((await s.ask('PATCH', path, { body: { subject: 'Third' } })).status).toBe(409);
    expect(
      (await s.ask('PATCH', path, { body: { subject: 'Second', custom_fields: { a: 1 } } })).status,
    ).toBe(200);
  });
});

test('a mail goes over a connection that is open, and over a new one where the server has closed it', async () => {
  const own = await startMailServer();
  try {
    const { id } = await makeAccount('Own server', {}, own);
    for (let mail = 0; mail < 3; mail++) await reaches((await sent({ connection_id: id })).id, 'sent');
    expect(own.connections).toBe(1);
    own.dropAll();
    await reaches((await sent({ connection_id: id })).id, 'sent');
    expect(own.connections).toBe(2);
    expect(own.inbox).toHaveLength(4);
  } finally {
    own.dropAll();
    await own.close();
  }
});

test('many mails of one account follow each other, and do not wait for the next pass', async () => {
  const before = server.inbox.length;
  const many = Array.from({ length: 60 }, (_, at) => ({
    to: `reader${at}@example.com`,
    subject: 'Many',
    text: 'Hello.',
    connection_id: accountId,
  }));
  // No pass begins meanwhile, except one whose timer runs already.
  const passes: (() => void)[] = [];
  const { setTimeout: original } = globalThis;
  const held = (work: () => void, ms: number) =>
    ms === 5_000 ? original(() => passes.push(work), 0) : original(work, ms);
  vi.stubGlobal('setTimeout', held);
  try {
    expect((await s.ask('POST', '/api/v1/emails/batch', { body: { records: many } })).status).toBe(200);
    await until(() => Promise.resolve(server.inbox.length >= before + 60), 20_000).catch(() => {});
  } finally {
    vi.unstubAllGlobals();
    for (const pass of passes) pass();
  }
  expect(server.inbox.length).toBe(before + 60);
});

describe('what can go wrong', () => {
  test('greylisting: it is deferred, and sent by the next attempt', async () => {
    server.onRecipient(() => reply(451, '4.7.1 greylisted, try again later'));
    const { id } = await sent();
    const email = await reaches(id, 'deferred');
    expect(email.status_reason).toContain('greylisted');
    server.onRecipient(() => null);
    await s.db.pool.query('update email_send set due_at = now() where email_id = $1', [id]);
    await reaches(id, 'sent');
    expect(await eventsOf(id)).toEqual(['email.created', 'email.sent']);
  });

  test.each([
    ['550 5.1.1 no such user', 'hard', '5.1.1'],
    ['552 5.2.2 mailbox full', null, null],
    ['550 5.7.1 blocked by policy', 'block', '5.7.1'],
  ])('%s at RCPT', async (answer, kind, status) => {
    const [code, ...words] = answer.split(' ');
    server.onRecipient(() => reply(Number(code), words.join(' ')));
    // A hard bounce suppresses the address.
    const { id } = await sent({ to: `${status ?? 'full'}@example.com` });
    const email = await reaches(id, 'bounced', 'failed');
    expect(email).toMatchObject({ bounce_kind: kind, bounce_status: status });
    expect(await fired(id)).toEqual(['email.created', kind === null ? 'email.failed' : 'email.bounced']);
  });

  test('a connection lost after DATA: unknown, never sent again by itself, and once more by a person', async () => {
    server.onContent(() => {
      server.dropAll();
      return null;
    });
    const { id } = await sent();
    const email = await reaches(id, 'unknown');
    expect(email.status_reason).not.toBeNull();
    expect(await eventsOf(id)).toEqual(['email.created']);
    server.onContent(() => null);
    const again = await s.ask('POST', `/api/v1/emails/${id}/send-again`);
    expect(again.json.status).toBe('queued');
    await reaches(id, 'sent');
    expect(server.inbox.filter(({ raw }) => raw.includes(`${id}@`))).toHaveLength(2);
  });

  test('a server that answers late does not let another process send the mail', async () => {
    let answer: (error: null) => void = () => undefined;
    server.onContent(() => new Promise((resolve) => (answer = resolve)));
    const { id } = await sent();
    await until(() => mailOf(id) !== undefined);
    const [row] = (
      await s.db.pool.query(
        "select lease_until > now() + interval '10 minutes' as held from email_send where email_id = $1",
        [id],
      )
    ).rows;
    expect(row).toEqual({ held: true });
    answer(null);
    await reaches(id, 'sent');
  });

  test('a wrong password pauses the account with a notice; resumed, it sends what waits', async () => {
    const locked = await startMailServer({ auth: true });
    const { id: lockedId } = await made('connections', {
      kind: 'smtp',
      name: 'Locked',
      settings: {
        host: '127.0.0.1',
        port: Number(new URL(locked.url).port),
        tls: 'none',
        from_email: 'sales@acme.example',
      },
      secrets: { username: 'sales', password: 'wrong' },
    });
    const { id } = await sent({ connection_id: lockedId });
    const paused = async () =>
      (await s.ask('GET', '/api/v1/email-accounts')).json.data.find(
        (item: { id: string; paused_at: string }) => item.id === lockedId && item.paused_at,
      );
    await until(async () => (await paused()) !== undefined);
    expect((await paused()).pause_reason).toMatch(/535|EAUTH/);
    expect((await read(id)).status).toBe('queued');
    const { rows } = await s.db.pool.query(
      'select type from notice where object_id = $1 and ended_at is null',
      [lockedId],
    );
    expect(rows).toEqual([{ type: 'email.account_paused' }]);
    await s.ask('PATCH', `/api/v1/connections/${lockedId}`, {
      body: {
        settings: { port: Number(new URL(server.url).port) },
        secrets: { username: null, password: null },
      },
    });
    expect((await s.ask('POST', `/api/v1/email-accounts/${lockedId}/resume`)).status).toBe(204);
    await reaches(id, 'sent');
    await locked.close();
  });

  test('the limit of a minute is kept', async () => {
    const { id: limitedId } = await makeAccount('Limited', { per_minute: 2 });
    const bodies = [1, 2, 3, 4].map((n) => ({
      to: 'jane@example.com',
      subject: `Limited ${n}`,
      text: 'Hello.',
      connection_id: limitedId,
    }));
    const { json } = await s.ask('POST', '/api/v1/emails/batch', { body: { records: bodies } });
    const ids: string[] = json.results.map(({ record }: { record: { id: string } }) => record.id);
    const statuses = async () => {
      const emails: { status: string }[] = await Promise.all(ids.map(read));
      return emails.map(({ status }) => status).toSorted();
    };
    await until(async () => (await statuses()).filter((status) => status === 'sent').length === 2);
    expect(await statuses()).toEqual(['queued', 'queued', 'sent', 'sent']);
    await s.db.pool.query("update email_account set minute_start = now() - interval '61 seconds'");
    await sent();
    await until(async () => (await statuses()).every((status) => status === 'sent'));
  });

  test('a contact that is deleted gets no mail that waits; its erasure blanks what was sent', async () => {
    const { id: janeId } = await made('contacts', { first_name: 'Janet', email: 'janet@example.com' });
    const earlier = await sent({ to: 'janet@example.com', text: 'A secret.' });
    await reaches(earlier.id, 'sent');
    const waiting = await sent({
      to: 'janet@example.com',
      send_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await s.ask('DELETE', `/api/v1/contacts/${janeId}`);
    await s.db.pool.query('update email_send set due_at = now() where email_id = $1', [waiting.id]);
    await sent();
    expect(await reaches(waiting.id, 'cancelled')).toMatchObject({
      status_reason: 'The contact was deleted.',
    });
    await s.db.pool.query("update contact set deleted_at = now() - interval '31 days' where id = $1", [
      janeId,
    ]);
    await s.db.pool.query('delete from queue where true');
    const { eraserOfAll } = await import('../../src/modules.ts');
    const { silent } = await import('../kit/database.ts');
    await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
    const stored = await s.db.pool.query(
      `select (select json_agg(e.*) from email e where contact_id = $1)::text as emails,
        (select json_agg(c.*) from email_content c where email_id = $2)::text as content,
        (select json_agg(v.*) from event v where object_id = $2)::text as events,
        (select json_agg(a.*) from activity a where record_id = $2)::text as timeline`,
      [janeId, earlier.id],
    );
    expect(Object.values(stored.rows[0]).join()).not.toMatch(/janet|secret/i);
  });

  test('a merged contact keeps its mails', async () => {
    const { id: oldId } = await made('contacts', { first_name: 'Joan', email: 'joan@example.com' });
    const { id } = await sent({
      to: 'joan@example.com',
      send_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const merged = await s.ask('POST', `/api/v1/contacts/${contactId}/merge`, { body: { with: [oldId] } });
    expect(merged.status, merged.text).toBe(200);
    expect((await read(id)).contact_id).toBe(contactId);
    await s.db.pool.query('update email_send set due_at = now() where email_id = $1', [id]);
    await sent();
    await reaches(id, 'sent');
  });
});

describe('what is refused', () => {
  test.each([
    ['an address with a line break', { to: 'jane@example.com\r\nBcc: eve@example.com' }, 'to'],
    ['a name with a line break', { subject: 'Hello\r\nBcc: eve@example.com' }, 'subject'],
    ['a cc with two addresses', { cc: ['a@example.com, b@example.com'] }, 'cc'],
    ['no text', { text: null }, 'text'],
    ['no subject', { subject: '' }, 'subject'],
    ['a status of the server', { status: 'sent' }, 'status'],
    ['an unknown attachment', { attachments: ['01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d51'] }, 'attachments'],
    ['an unknown account', { connection_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d51' }, 'connection_id'],
    ['a time beyond a year', { send_at: '2099-01-01T00:00:00Z' }, 'send_at'],
  ])('%s', async (_name, body, field) => {
    const { status, json } = await send(body);
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain(field);
  });

  test('scopes, other workspaces and other members', async () => {
    const { id } = await sent();
    const reader = await s.person(['emails:read']);
    const sender = await s.person(['emails:send']);
    const status = async (method: string, path: string, as: unknown, body?: object) =>
      (await s.ask(method, `/api/v1/${path}`, { as: as as never, ...(body && { body }) })).status;
    const mail = { to: 'jane@example.com', subject: 'a', text: 'b' };
    expect(await status('POST', 'emails', reader, mail)).toBe(403);
    expect(await status('POST', 'emails', sender, mail)).toBe(201);
    expect(await status('POST', 'emails', sender, { contact_id: contactId, subject: 'a', text: 'b' })).toBe(
      403,
    );
    expect(await status('GET', `emails/${id}/content`, sender)).toBe(403);
    expect(await status('GET', `emails/${id}/content`, reader)).toBe(200);
    expect(await status('POST', `emails/${id}/cancel`, reader)).toBe(403);
    expect(await status('POST', `email-accounts/${accountId}/resume`, sender)).toBe(403);
    for (const path of [`emails/${id}`, `emails/${id}/content`, `emails/${id}/attachments/0`])
      expect(await status('GET', path, s.charlie)).toBe(404);
    for (const path of [`emails/${id}/cancel`, `emails/${id}/send-again`, `emails/${id}/send`])
      expect(await status('POST', path, s.charlie)).toBe(404);
    expect(await status('POST', 'emails', s.charlie, { ...mail, connection_id: accountId })).toBe(400);
    expect(await status('POST', 'emails', s.charlie, mail)).toBe(409);
  });

  test('a private account shows nothing to others, in records, events, timelines and search', async () => {
    const [owner, colleague] = [await makeMember(s, 'member'), await makeMember(s, 'admin')];
    const { id: privateId } = await makeAccount('Private', { owner: owner.id, visibility: 'private' });
    expect((await send({ connection_id: privateId })).status).toBe(400);
    const mail = { contact_id: contactId, subject: 'Zanzibar', text: 'A secret.', connection_id: privateId };
    const { status, json } = await owner.ask('POST', '/api/v1/emails', { body: mail });
    expect([status, json.subject, json.to, json.visibility]).toEqual([201, null, null, 'private']);
    await reaches(json.id, 'sent');
    const sentRaw = mailOf(json.id)!.raw;
    expect(sentRaw).toContain('Subject: Zanzibar');
    const draft = (await owner.ask('POST', '/api/v1/emails', { body: { ...mail, status: 'draft' } })).json;
    const change = { body: { subject: 'Zanzibar 2', to: 'zanzibar@example.com', text: 'A secret 2.' } };
    expect((await colleague.ask('PATCH', `/api/v1/emails/${draft.id}`, change)).status).toBe(404);
    expect((await owner.ask('PATCH', `/api/v1/emails/${draft.id}`, change)).json).toMatchObject({
      subject: null,
      to: null,
      snippet: null,
      content_version: 2,
    });
    expect((await owner.ask('GET', `/api/v1/emails/${draft.id}/content`)).json).toMatchObject(change.body);
    const path = `/api/v1/emails/${json.id}/content`;
    expect((await owner.ask('GET', path)).json).toMatchObject({
      subject: 'Zanzibar',
      to: 'jane@example.com',
    });
    expect((await colleague.ask('GET', path)).status).toBe(404);
    for (const seen of [
      await colleague.ask('GET', `/api/v1/emails/${json.id}`),
      await colleague.ask('GET', `/api/v1/activities/${contactId}?limit=200`),
      await colleague.ask('GET', '/api/v1/search?q=zanzibar'),
      await colleague.ask('GET', '/api/v1/events?limit=200'),
      await colleague.ask('GET', '/api/v1/email-threads'),
    ]) {
      expect(seen.status).toBe(200);
      expect(seen.text.replaceAll('"zanzibar"', '')).not.toMatch(/zanzibar|secret/i);
    }
  });

  test('HTML of an author has no script when it is sent', async () => {
    const { id } = await sent({
      text: null,
      html: '<p onclick="steal()">Hi<script>steal()</script><a href="java\nscript:steal()">x</a><a href="https://example.com/?a=1&amp;b=2">ok</a></p><iframe src="https://evil.example"></iframe>',
    });
    const { html } = (await s.ask('GET', `/api/v1/emails/${id}/content`)).json;
    expect(html).toBe('<p>Hi<a>x</a><a href="https://example.com/?a=1&amp;b=2">ok</a></p>');
  });
});

test('AN2: a receiver of AutomateNexus gets email.sent and email.bounced of real mails', async () => {
  const receiver = await startReceiver();
  const hook = await made('webhooks', {
    name: 'AutomateNexus',
    url: receiver.url,
    format: 'automatenexus',
    events: ['email.sent', 'email.bounced'],
  });
  const { id } = await sent();
  await reaches(id, 'sent');
  server.onRecipient(() => reply(550, '5.1.1 no such user'));
  const { id: bouncedId } = await sent({ to: 'nobody@example.com' });
  await reaches(bouncedId, 'bounced');
  const bodyOf = (emailId: string) =>
    receiver.received
      .map(({ rawBody }) => JSON.parse(rawBody.toString()))
      .find(({ data }) => data.id === emailId);
  await until(() => bodyOf(id) !== undefined && bodyOf(bouncedId) !== undefined);
  expect(bodyOf(id)).toMatchObject({
    event: 'email.sent',
    data: { id, to: 'jane@example.com', subject: 'Your berth', status: 'sent', contact_id: contactId },
  });
  expect(bodyOf(bouncedId)).toMatchObject({
    event: 'email.bounced',
    data: { id: bouncedId, bounce_kind: 'hard', bounce_status: '5.1.1' },
  });
  await s.ask('DELETE', `/api/v1/webhooks/${hook.id}`);
  await receiver.close();
});

describe('templates', () => {
  test('merge fields are filled in and escaped; a missing one is an error that names it', async () => {
    const { id: annId } = await made('contacts', { first_name: '<Ann>', email: 'ann@example.com' });
    const { id: templateId } = await made('templates', {
      name: 'Welcome',
      subject: 'Welcome {{ contact.first_name }}',
      html: '<p>Hello {{ contact.first_name }}, from {{ workspace.name }}{{ contact.job_title | default: "!" }}</p>',
    });
    const preview = await s.ask('POST', `/api/v1/templates/${templateId}/preview`, {
      body: { contact_id: annId },
    });
    expect(preview.json).toMatchObject({
      subject: 'Welcome <Ann>',
      html: '<p>Hello &lt;Ann&gt;, from Acme!</p>',
      text: 'Hello <Ann>, from Acme!',
      variables: ['contact.first_name', 'contact.job_title', 'workspace.name'],
    });
    const mail = await s.ask('POST', '/api/v1/emails', {
      body: { contact_id: annId, template_id: templateId, connection_id: accountId },
    });
    expect(mail.json).toMatchObject({ to: 'ann@example.com', subject: 'Welcome <Ann>', status: 'queued' });
    await reaches(mail.json.id, 'sent');

    const { id: wrongId } = await made('templates', { name: 'Wrong', subject: '{{ contact.nick }}' });
    const wrong = await s.ask('POST', `/api/v1/templates/${wrongId}/preview`, {
      body: { contact_id: annId },
    });
    expect([wrong.status, wrong.json.error.message]).toEqual([400, expect.stringContaining('contact.nick')]);
  });

  test.each([
    ['a loop', '{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}'],
    [
      'a text that doubles',
      '{% assign a = "xxxxxxxxxx" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
    ],
    ['a prototype', '{{ contact.constructor.name }}'],
  ])('%s is refused within the budget', async (_name, text) => {
    const { id } = await made('templates', { name: 'Loop', subject: 'a', text });
    const { status } = await s.ask('POST', `/api/v1/templates/${id}/preview`);
    expect(status).toBe(400);
  });

  test.each(['{% if %}', '{% include "/etc/passwd" %}', '{{ a | nothing }}'])(
    '%s is refused when it is saved',
    async (html) => {
      const { status, json } = await s.ask('POST', '/api/v1/templates', { body: { name: 'a', html } });
      expect([status, JSON.stringify(json)]).toEqual([400, expect.stringContaining('html')]);
    },
  );
});
