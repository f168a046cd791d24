// Long: it waits for a second mail that must not come within 6 s, and for the mail queue.
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let gone: Receiver;
let smtp: SMTPServer;
/** The recipients and texts of the mails. */
let inbox: { to: string; text: string }[] = [];
/** What the mail server does before it accepts a mail. */
let before: () => Promise<Error | undefined> = () => Promise.resolve(undefined);
let mail: Record<string, string>;
beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void before().then((error) => {
          if (!error) {
            const text = Buffer.concat(chunks).toString().replaceAll('=\r\n', '');
            for (const { address } of session.envelope.rcptTo) inbox.push({ to: address, text });
          }
          done(error);
        });
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  mail = {
    SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    FAIRLEAD_PUBLIC_URL: 'https://crm.acme.example',
  };
  gone = await startReceiver();
  gone.answer(() => ({ status: 410 }));
});
afterAll(async () => {
  await gone.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

/** Makes a webhook that is disabled. */
async function disabled(on: Scenario, name: string): Promise<string> {
  const body = { name, url: gone.url, events: ['contact.created'] };
  const { id } = (await on.ask('POST', '/api/v1/webhooks', { body })).json;
  await on.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
  const state = async () => (await on.ask('GET', `/api/v1/webhooks/${id}`)).json.state;
  await expect.poll(state, { timeout: 10_000 }).toBe('disabled');
  return id as string;
}

describe('section 8: the owner is notified in the app when a webhook is disabled', () => {
  let team: Record<'owner' | 'admin' | 'manager' | 'member', SignedIn>;
  let charlie: SignedIn;
  beforeAll(async () => {
    s = await startScenario();
    team = {
      owner: await makeMember(s, 'owner'),
      admin: await makeMember(s, 'admin'),
      manager: await makeMember(s, 'manager'),
      member: await makeMember(s, 'member'),
    };
    charlie = await makeMember(s, 'owner', { name: 'Charlie', workspaceId: s.charlie.workspaceId });
  });
  afterAll(() => s.stop());

  const seenBy = async (who: SignedIn) =>
    (await who.ask('GET', '/api/v1/notices')).json.data as {
      id: string;
      object_id: string;
      details: Record<string, unknown>;
    }[];
  const webhooksSeenBy = async (who: SignedIn) => (await seenBy(who)).map(({ object_id: id }) => id);
  const dismiss = (who: SignedIn, id: string, key?: string) =>
    who.ask('POST', `/api/v1/notices/${id}/dismiss`, {
      ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    });

  test('owner and admin see the notice until they dismiss it; manager, member and others do not', async () => {
    const id = await disabled(s, 'Warehouse');
    const [notice] = await seenBy(team.owner);
    expect(notice).toEqual({
      id: expect.any(String),
      type: 'webhook.disabled',
      object_type: 'webhook',
      object_id: id,
      details: {
        name: 'Warehouse',
        format: 'standard',
        reason: 'Its receiver answered 410 Gone.',
        failures: 1,
      },
      created_at: expect.stringMatching(/Z$/),
    });
    expect(await seenBy(team.admin)).toEqual([notice]);
    for (const who of [team.manager, team.member, charlie]) {
      expect(await seenBy(who)).toEqual([]);
      expect((await dismiss(who, notice!.id)).status).toBe(404);
    }
    expect((await dismiss(team.owner, notice!.id, 'once')).status).toBe(204);
    const again = await dismiss(team.owner, notice!.id, 'once');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([204, 'true']);
    expect(await seenBy(team.owner)).toEqual([]);
    expect(await seenBy(team.admin)).toEqual([notice]);
    expect((await dismiss(team.owner, notice!.id)).status).toBe(204);
  });

  test.each([
    ['resumed', 'PATCH', { active: true }],
    ['paused', 'PATCH', { active: false }],
    ['deleted', 'DELETE', undefined],
  ])(
    'is resolved for everyone once it is %s, not by another change; a second disabling creates a new notice',
    async (_how, method, body) => {
      const id = await disabled(s, 'Another');
      const path = `/api/v1/webhooks/${id}`;
      await s.ask('PATCH', path, { body: { name: 'Renamed' } });
      expect(await webhooksSeenBy(team.admin)).toContain(id);
      await s.ask(method, path, { body });
      expect(await webhooksSeenBy(team.admin)).not.toContain(id);
      if (method === 'DELETE') return;
      await s.ask('PATCH', path, { body: { active: true } });
      await s.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
      await expect.poll(() => webhooksSeenBy(team.owner), { timeout: 10_000 }).toContain(id);
    },
  );

  test('is paged; requires a signed-in user; invalid input is named', async () => {
    await disabled(s, 'One more');
    const page = (await team.owner.ask('GET', '/api/v1/notices?limit=1')).json;
    expect(page.has_more).toBe(true);
    const next = (await team.owner.ask('GET', page.next_url)).json;
    expect(next.data[0].id < page.data[0].id).toBe(true);
    expect((await s.ask('GET', '/api/v1/notices')).json.error.code).toBe('forbidden');
    expect((await s.ask('POST', `/api/v1/notices/${page.data[0].id}/dismiss`)).status).toBe(403);
    expect((await team.owner.ask('GET', '/api/v1/notices?colour=red')).json.error.fields[0].field).toBe(
      'colour',
    );
    expect((await dismiss(team.owner, '1')).status).toBe(404);
  });
});

describe('section 8: by mail, if SMTP_URL is set', () => {
  const on: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    before = () => Promise.resolve(undefined);
    inbox = [];
    await Promise.all(on.splice(0).map((item) => item.stop()));
  });

  async function started(settings: Record<string, string>) {
    const m = await startScenario(settings);
    on.push(m);
    const [boss, bob] = [await makeMember(m, 'owner'), await makeMember(m, 'admin')];
    await makeMember(m, 'manager');
    return { m, boss, bob };
  }

  test('owners and admins get one mail each for a disabled webhook, from two processes at once', async () => {
    const { m, boss, bob } = await started(mail);
    for (let more = 0; more < 2; more++) {
      const second = await secondServer(m, mail);
      second.app.jobWorker.start();
      on.unshift(second);
    }
    // Slow enough for the other process to look while a mail is being sent.
    before = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 1_500));
    const id = await disabled(m, 'Warehouse');
    await until(() => inbox.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(inbox.map(({ to }) => to).toSorted()).toEqual([bob.email, boss.email].toSorted());
    for (const { text } of inbox) {
      expect(text).toContain('Subject: The webhook Warehouse was disabled');
      expect(text).toContain('Its receiver answered 410 Gone.');
      expect(text).toContain(`https://crm.acme.example/settings/webhooks/${id}`);
    }
  }, 60_000);

  test('is not lost if the process ends between disabling and mail, and not mailed to former members', async () => {
    const { m, boss, bob } = await started({});
    await disabled(m, 'Warehouse');
    await boss.ask('PATCH', `/api/v1/members/${bob.id}`, { body: { role: 'member' } });
    expect(inbox).toEqual([]);
    const next = await secondServer(m, mail);
    on.unshift(next);
    next.app.start();
    await until(() => inbox.length > 0);
    const states = async () =>
      (await m.db.pool.query('select user_id, state, last_error from mail order by state')).rows;
    await until(async () => (await states()).every(({ state }) => state === 'sent' || state === 'cancelled'));
    expect(await states()).toEqual([
      { user_id: bob.id, state: 'cancelled', last_error: 'no longer an owner or admin' },
      { user_id: boss.id, state: 'sent', last_error: null },
    ]);
    expect(inbox.map(({ to }) => to)).toEqual([boss.email]);
  });

  test('a mail server that refuses is retried later; one that hangs delays no delivery', async () => {
    const { m, boss } = await started(mail);
    await m.db.pool.query(`delete from member where role <> 'owner'`);
    before = () => Promise.resolve(new Error('not now'));
    await disabled(m, 'Warehouse');
    const mailed = async () => (await m.db.pool.query('select attempts, state from mail')).rows[0];
    await until(async () => (await mailed())?.state === 'queued' && (await mailed()).attempts === 1);
    let release = () => undefined as void;
    let hangs = false;
    before = () =>
      new Promise((resolve) => {
        hangs = true;
        release = () => resolve(undefined);
      });
    await m.db.pool.query('update mail set due_at = now()');
    await until(() => hangs);
    const receiver = await startReceiver();
    on.push({ stop: () => receiver.close() });
    const body = { name: 'well', url: receiver.url, events: ['contact.created'] };
    await m.ask('POST', '/api/v1/webhooks', { body });
    await m.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
    await receiver.waitFor(1);
    expect(inbox).toEqual([]);
    release();
    await until(async () => (await mailed())?.state === 'sent');
    expect(inbox.map(({ to }) => to)).toEqual([boss.email]);
  }, 60_000);
});
