import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startMailServer, type MailServer } from '../kit/mail-server.ts';
import { startReceiver, type Answer, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { until as untilWithin } from '../kit/process.ts';

const SECRET = 'a secret of sixteen characters';
const MAIL = { subject: 'Zanzibar', text: 'Hello.' };
const until = (holds: () => Promise<boolean>) => untilWithin(holds, 8_000);
let count = 0;
/** An address that no bounce has suppressed. */
const newAddress = () => `jane-${++count}@example.com`;

let s: Scenario;
let server: MailServer;
let api: Receiver;
let owner: SignedIn;
let colleague: SignedIn;
/** Account ids. */
let shared: string;
let privateId: string;

beforeAll(async () => {
  [s, server, api] = await Promise.all([startScenario(), startMailServer(), startReceiver()]);
  [owner, colleague] = [await makeMember(s, 'member'), await makeMember(s, 'admin')];
  shared = await account('postmark', {});
  privateId = await account('postmark', { owner: owner.id, visibility: 'private' });
});
afterAll(async () => {
  await s?.stop();
  await Promise.all([server?.close(), api?.close()]);
});
beforeEach(() => {
  api.received.length = 0;
  accept();
});

const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const accept = () =>
  api.answer((_request, n) => json(200, { ErrorCode: 0, MessageID: `pm-${n}-${Date.now()}` }));

async function account(kind: string, settings: object, secrets: object = {}): Promise<string> {
  const all: Record<string, object> = {
    postmark: { server_token: 'token', webhook_secret: SECRET },
    resend: { api_key: 're_key' },
    smtp: {},
  };
  const where =
    kind === 'smtp'
      ? { host: '127.0.0.1', port: Number(new URL(server.url).port), tls: 'none' }
      : { base_url: api.url };
  const {
    status,
    json: made,
    text,
  } = await s.ask('POST', '/api/v1/connections', {
    body: {
      kind,
      name: kind,
      settings: { ...where, from_email: 'sales@acme.example', ...settings },
      secrets: { ...all[kind], ...secrets },
    },
  });
  expect(status, text).toBe(201);
  return made.id;
}
const made = async (body: object, as: Pick<SignedIn, 'ask'> = s) => {
  const reply = await as.ask('POST', '/api/v1/emails', {
    body: { connection_id: shared, to: newAddress(), ...MAIL, ...body },
  });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const later = () => new Date(Date.now() + 3_600_000).toISOString();
const rowOf = async (id: string) =>
  (
    await s.db.pool.query(
      `select e.*, q.state, q.attempts, q.unknown_since from email e
       left join email_send q on q.workspace_id = e.workspace_id and q.email_id = e.id where e.id = $1`,
      [id],
    )
  ).rows[0];
const reaches = async (id: string, ...statuses: string[]) => {
  await until(async () => statuses.includes((await rowOf(id)).status));
  return rowOf(id);
};
const due = async (id: string) => {
  await s.db.pool.query("update email_send set due_at = now() - interval '1 second' where email_id = $1", [
    id,
  ]);
  // Wakes the sender.
  await made({ to: 'wake@example.com' });
};
const report = (accountId: string, body: object) =>
  s.ask('POST', `/webhooks/postmark/${accountId}`, {
    as: null,
    body,
    headers: { 'x-fairlead-secret': SECRET },
  });
/** Requests to send a mail. */
const posted = (id: string) => api.received.filter(({ rawBody }) => rawBody.includes(id));

describe('a private mail', () => {
  test('is changed, deleted, restored, erased and taken over by its member alone', async () => {
    const { id } = await made({ connection_id: privateId, status: 'draft' }, owner);
    const path = `/api/v1/emails/${id}`;
    const attempts: [string, string, object?][] = [
      ['PATCH', path, { user_id: colleague.id }],
      ['PATCH', path, { subject: 'Mine' }],
      ['PUT', path, { contact_id: null, custom_fields: {} }],
      ['PATCH', `${path}?dry_run=true`, { subject: 'Mine' }],
      ['DELETE', path],
      ['POST', `${path}/erase`],
      ['POST', `${path}/cancel`],
      ['POST', `${path}/send`],
    ];
    for (const [method, url, body] of attempts)
      for (const as of [colleague, s]) {
        const { status, text } = await as.ask(method, url, body && { body });
        // A field with the value that it has is no change.
        expect([method, url, status], text).toEqual([method, url, 404]);
      }
    for (const [method, url, body] of [
      ['PATCH', '/api/v1/emails/batch', { records: [{ id, user_id: colleague.id }] }],
      ['POST', '/api/v1/emails/batch-delete', { ids: [id] }],
    ] as const)
      await colleague.ask(method, url, { body });
    expect(await rowOf(id)).toMatchObject({ user_id: owner.id, deleted_at: null, status: 'draft' });
    expect((await colleague.ask('GET', `${path}/content`)).status).toBe(404);
    expect((await owner.ask('DELETE', path)).status).toBe(204);
    expect((await colleague.ask('POST', `${path}/restore`)).status).toBe(404);
    expect((await owner.ask('POST', `${path}/restore`)).status).toBe(200);
  });

  test('shows no address in the reason of its bounce, and none in the log of its connection', async () => {
    const { id } = await made({ connection_id: privateId, to: 'jane@example.com' }, owner);
    await reaches(id, 'sent');
    const bounce = {
      RecordType: 'Bounce',
      Type: 'HardBounce',
      MessageID: 'x',
      Email: 'jane@example.com',
      Details: '550 5.1.1 jane@example.com is unknown here',
      Metadata: { fairlead_id: id },
    };
    expect((await report(privateId, bounce)).json).toEqual({ status: 'accepted' });
    for (const path of [`emails/${id}`, `connections/${privateId}/events`, 'events?limit=200']) {
      const { status, text } = await colleague.ask('GET', `/api/v1/${path}`);
      expect(status).toBe(200);
      expect(text).not.toMatch(/jane@example\.com/);
    }
    expect((await rowOf(id)).bounce_reason).toBe('550 5.1.1 [address] is unknown here');
  });

  test('is not made of a draft that the team reads', async () => {
    const { id } = await made({ connection_id: shared, status: 'draft' }, owner);
    await s.db.pool.query('update email set connection_id = $2 where id = $1', [id, privateId]);
    const { status, json: refusal } = await owner.ask('POST', `/api/v1/emails/${id}/send`);
    expect([status, refusal.error.message]).toEqual([409, expect.stringContaining('private account')]);
  });
});

describe('the account of a member', () => {
  const change = (id: string, body: object, as: Pick<SignedIn, 'ask'> = colleague) =>
    as.ask('PATCH', `/api/v1/connections/${id}`, { body });

  test('sends its password to no server that somebody else has entered, and is not opened to the team', async () => {
    const id = await account(
      'smtp',
      { owner: owner.id, visibility: 'private' },
      { username: 'owner', password: 'a mailbox password' },
    );
    for (const settings of [
      { host: 'evil.example' },
      { port: 26 },
      { tls: 'starttls' },
      { base_url: 'https://evil.example' },
      { visibility: 'team' },
      { owner: colleague.id },
      { owner: null },
    ]) {
      expect((await change(id, { settings })).status, JSON.stringify(settings)).toBe(403);
      expect((await change(id, { settings, secrets: { username: 'x' } })).status).toBe(403);
    }
    expect((await change(id, { settings: { daily_limit: 10, host: '127.0.0.1' } })).status).toBe(200);
    const whole = { settings: { host: 'smtp.example.com' }, secrets: { username: 'x', password: 'another' } };
    expect((await change(id, whole)).status).toBe(200);
  });

  test('is theirs in whatever case their id is written', async () => {
    const id = await account('smtp', { owner: owner.id.toUpperCase() });
    const { json: accounts } = await owner.ask('GET', '/api/v1/email-accounts');
    expect(accounts.data.map((item: { id: string }) => item.id)).toContain(id);
  });
});

describe('a provider', () => {
  test('that reports a mail which it did not acknowledge gets it no second time', async () => {
    api.answer(() => json(503, {}));
    const { id, to } = await made({});
    await reaches(id, 'deferred');
    accept();
    const delivery = { RecordType: 'Delivery', Recipient: to, Metadata: { fairlead_id: id } };
    expect((await report(shared, delivery)).json).toEqual({ status: 'accepted' });
    await due(id);
    await until(async () => (await rowOf(id)).state === 'sent');
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', state: 'sent' });
    expect(posted(id)).toHaveLength(1);
  });

  test('whose report overtakes its answer has accepted the mail, whatever the answer is', async () => {
    let id = '';
    api.answer(async ({ rawBody }) => {
      id = /"fairlead_id":"([^"]+)"/.exec(rawBody.toString())![1]!;
      await report(shared, { RecordType: 'Delivery', Metadata: { fairlead_id: id } });
      return json(503, {});
    });
    const email = await made({});
    await until(async () => (await rowOf(email.id)).state === 'sent');
    expect(await rowOf(email.id)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(id).toBe(email.id);
  });

  test.each<[string, Answer, string, object]>([
    [
      'NUL and half an emoji',
      json(422, '{"ErrorCode":300,"Message":"bad \\u0000 \\ud83d mail"}'),
      'bounced',
      { bounce_reason: expect.stringContaining('bad') },
    ],
    [
      'an id that no index holds',
      json(200, { ErrorCode: 0, MessageID: 'x'.repeat(9_000) }),
      'sent',
      { provider_id: null },
    ],
    ['an id with NUL', json(200, '{"ErrorCode":0,"MessageID":"a\\u0000b"}'), 'sent', { provider_id: null }],
  ])('that answers with %s: what became of the mail is stored', async (_name, answer, status, expected) => {
    const own = await account('postmark', {});
    api.answer(() => answer);
    const { id } = await made({ connection_id: own });
    await until(async () => (await rowOf(id)).attempts === 1 && (await rowOf(id)).status === status);
    expect(await rowOf(id)).toMatchObject(expected);
  });

  test('that sends a report with texts that cannot be stored: it is taken, or refused for good', async () => {
    const { id, to } = await made({});
    await reaches(id, 'sent');
    const { status, text } = await report(shared, {
      RecordType: 'Bounce',
      Type: 'HardBounce',
      MessageID: 'a\0b',
      Email: to,
      Details: '550 5.1.1 \0 \ud83d',
      Metadata: { fairlead_id: id },
    });
    expect(status, text).toBeLessThan(500);
    const odd = {
      RecordType: 'Delivery',
      Recipient: 'a\0@b',
      MessageID: 'x'.repeat(9_000),
      DeliveredAt: '+275760-09-13',
    };
    expect((await report(shared, odd)).status).toBeLessThan(500);
  });

  test('that ignores a second request for a day only is sent none after it', async () => {
    const resend = await account('resend', {});
    api.answer(() => ({ reset: true }));
    const { id } = await made({ connection_id: resend });
    expect(await reaches(id, 'deferred')).toMatchObject({ unknown_since: expect.anything() });
    expect(posted(id)).toHaveLength(1);
    await due(id);
    await until(() => Promise.resolve(posted(id).length === 2));
    await reaches(id, 'deferred');
    await s.db.pool.query(
      "update email_send set unknown_since = now() - interval '24 hours' where email_id = $1",
      [id],
    );
    await due(id);
    expect(await reaches(id, 'unknown')).toMatchObject({ state: 'unknown' });
    expect(posted(id)).toHaveLength(2);
  });

  test('that rejected a mail is sent it again, if a person wants it', async () => {
    const { id } = await made({});
    await reaches(id, 'sent');
    await s.db.pool.query("update email set status = 'failed' where id = $1", [id]);
    const { status, text } = await s.ask('POST', `/api/v1/emails/${id}/send-again`);
    expect(status, text).toBe(200);
    await reaches(id, 'sent');
    await until(() => Promise.resolve(posted(id).length === 2));
  });
});

describe('a mail', () => {
  test('that waits is dated when it is to be sent', async () => {
    const smtp = await account('smtp', {});
    const { id } = await made({ connection_id: smtp, send_at: later() });
    const month = new Date(Date.now() - 30 * 86_400_000).toISOString();
    await s.db.pool.query('update email set created_at = $2 where id = $1', [id, month]);
    await s.db.pool.query('update email_send set created_at = $2 where email_id = $1', [id, month]);
    const sendAt = '2026-11-27T09:00:00.000Z';
    await s.db.pool.query('update email set send_at = $2 where id = $1', [id, sendAt]);
    await due(id);
    await until(() => Promise.resolve(server.inbox.some(({ raw }) => raw.includes(id))));
    const { raw } = server.inbox.find((mail) => mail.raw.includes(id))!;
    expect(new Date(/^Date: (.*)$/m.exec(raw)![1]!).toISOString()).toBe(sendAt);
  });

  test('has the headers to unsubscribe also if it was a draft', async () => {
    const { id } = await made({ status: 'draft', unsubscribe: true });
    expect((await s.ask('POST', `/api/v1/emails/${id}/send`)).status).toBe(200);
    await reaches(id, 'sent');
    expect(posted(id)[0]!.rawBody.toString()).toContain('List-Unsubscribe');
  });

  test('by a template that makes a NUL is sent', async () => {
    const source = '{{ "a%00b" | url_decode }}';
    const reply = await s.ask('POST', '/api/v1/templates', {
      body: { name: 'NUL', subject: source, html: `<p>${source}</p>`, text: source },
    });
    expect(reply.status, reply.text).toBe(201);
    expect((await s.ask('POST', `/api/v1/templates/${reply.json.id}/preview`)).status).toBe(200);
    const { id } = await made({ template_id: reply.json.id, subject: null, text: null });
    await reaches(id, 'sent');
  });

  test('whose contact is erased while it is on its way is not written down again', async () => {
    const contact = await s.ask('POST', '/api/v1/contacts', { body: { email: 'erased@example.com' } });
    const { id } = await made({ to: 'erased@example.com', contact_id: contact.json.id });
    await reaches(id, 'sent');
    const { emails } = await import('../../src/messaging/emails/emails.ts');
    await s.db.transaction((trx) =>
      emails.erasureRules!['contact']!.eraseCopies!(trx, {
        workspace_id: s.alice.workspaceId,
        id: contact.json.id,
        email: 'erased@example.com',
        other_emails: [],
      }),
    );
    const bounce = {
      RecordType: 'Bounce',
      Type: 'HardBounce',
      MessageID: 'again',
      Email: 'erased@example.com',
      Details: '550 5.1.1 erased@example.com is unknown',
      Metadata: { fairlead_id: id },
    };
    expect((await report(shared, bounce)).status).toBe(200);
    const { rows } = await s.db.pool.query(
      `select e::text as email from email e where id = $1
       union all select v.data::text from event v where object_id = $1
       union all select p::text from suppression p where address like 'erased%'`,
      [id],
    );
    expect(JSON.stringify(rows)).not.toContain('erased@');
  });

  test('is sent again once the clock was set back, although its account had reached its limits', async () => {
    const own = await account('postmark', { daily_limit: 1, per_minute: 1 });
    const first = await made({ connection_id: own });
    await reaches(first.id, 'sent');
    await s.db.pool.query(
      `update email_account set day_start = now() + interval '1 year', minute_start = now() + interval '1 year'
       where connection_id = $1`,
      [own],
    );
    const { id } = await made({ connection_id: own });
    expect(await reaches(id, 'sent')).toMatchObject({ attempts: 1 });
  });
});
