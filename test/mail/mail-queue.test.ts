import { createServer, type AddressInfo, type Server } from 'node:net';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idMaker } from '../../src/base/id.ts';
import { systemClock } from '../../src/base/clock.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { makeSmtp } from '../../src/integrations/smtp/smtp-transport.ts';
import { makeMailMetrics } from '../../src/mail/mail-metrics.ts';
import { makeMailQueue, type MailCondition, type NewMail } from '../../src/mail/mail-queue.ts';
import { makeMailSender, type MailSender } from '../../src/mail/mail-sender.ts';
import { pauseAfter } from '../../src/mail/sender-loop.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeOperatorGuard } from '../../src/net/egress-guard.ts';
import { systemResolver } from '../../src/net/system-resolver.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';
import { reply, startMailServer, type MailServer } from '../kit/mail-server.ts';
import { until } from '../kit/process.ts';

const TOKEN = 'Zk3vT9wLq0aPxN7rC1sYbM5uE8hJ2dG4fK6iO_tUvWx';
const LINK = `https://crm.acme.example/invitation#token=${TOKEN}`;
/** The port of a listener of this server. */
const OWN_PORT = 4321;
const newId = idMaker(Date.now);
const dial = makeDial({
  guard: makeOperatorGuard({ own: () => [{ address: '127.0.0.1', port: OWN_PORT }] }),
  resolver: systemResolver,
  clock: systemClock,
});

let database: TestDatabase;
let server: MailServer;
let senders: MailSender[];
let lines: string;
const running = new AbortController().signal;

beforeEach(async () => {
  [database, server] = await Promise.all([freshDatabase(), startMailServer()]);
  senders = [];
  lines = '';
});
afterEach(async () => {
  // What a test holds back is released, so that a sender that waits for it ends.
  await Promise.all(senders.map((sender) => sender.stop()));
  await server.close();
  await database.drop();
});

function makeQueue(conditions: MailCondition[] = []) {
  return makeMailQueue({
    db: database.db,
    sealer: makeSealer(Buffer.alloc(32, 7)),
    newId,
    conditions,
  });
}

interface SenderOptions {
  smtpUrl?: string;
  conditions?: MailCondition[];
  timeoutMs?: number;
  submitTimeoutMs?: number;
}

function makeSender(options: SenderOptions = {}): MailSender {
  const { smtpUrl = server.url, conditions = [], timeoutMs = 10_000, submitTimeoutMs = 10_000 } = options;
  const sender = makeMailSender({
    queue: makeQueue(conditions),
    transport: makeSmtp({ smtpUrl, dial, connectTimeoutMs: timeoutMs, contentTimeoutMs: timeoutMs }),
    from: 'Acme CRM <crm@acme.example>',
    log: pino({ level: 'trace' }, { write: (line: string) => void (lines += line) }),
    metrics: makeMailMetrics(new Registry(), database.db),
    random: () => 0.5,
    submitTimeoutMs,
  });
  senders.push(sender);
  return sender;
}

let keys = 0;
async function enqueue(mail: Partial<NewMail> = {}): Promise<void> {
  const message = {
    to: { address: 'jane@example.com' },
    subject: 'Invitation',
    text: `Accept:\n\n${LINK}\n`,
  };
  await database.db.transaction((trx) =>
    makeQueue().enqueue(trx, { key: `key ${++keys}`, kind: 'test', workspaceId: null, message, ...mail }),
  );
}

interface Row {
  state: string;
  attempts: number;
  last_error: string | null;
  to_address: string | null;
  message: Buffer | null;
  claim: string | null;
  wait_s: number;
}

async function rows(): Promise<Row[]> {
  const { rows: found } = await database.db.pool.query<Row>(
    'select *, extract(epoch from due_at - now())::float as wait_s from mail order by created_at, id',
  );
  return found;
}
const row = async () => (await rows())[0]!;
const change = (assignment: string) => database.db.pool.query(`update mail set ${assignment}`);

/** One pass, until every mail it started is settled or queued again. */
async function passed(sender = makeSender()): Promise<Row> {
  await sender.pass(running);
  await until(async () => (await rows()).every(({ state }) => state !== 'sending'));
  return row();
}

/** A promise to be resolved by the test. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('what is queued', () => {
  test('arrives once, and leaves neither address nor content behind', async () => {
    await enqueue();
    const sender = makeSender();
    expect(await passed(sender)).toMatchObject({
      state: 'sent',
      attempts: 1,
      to_address: null,
      message: null,
      last_error: null,
    });
    await passed(sender);
    expect(server.inbox).toHaveLength(1);
    expect(server.inbox[0]).toMatchObject({ from: 'crm@acme.example', to: 'jane@example.com' });
    expect(server.inbox[0]!.text).toContain(LINK);
  });

  test('is sealed in the table, and not logged', async () => {
    await enqueue();
    const { rows: stored } = await database.db.pool.query<{ text: string; bytes: Buffer }>(
      'select m::text as text, message as bytes from mail m',
    );
    expect(stored[0]!.text).not.toContain(Buffer.from(TOKEN).toString('hex'));
    expect(stored[0]!.bytes.includes(TOKEN)).toBe(false);
    await passed();
    await expect.poll(() => lines).toContain('a mail was sent');
    expect(lines).not.toMatch(/jane@|token=|Invitation/);
  });

  test('is not there where its transaction is rolled back', async () => {
    const work = database.db.transaction(async (trx) => {
      const message = { to: { address: 'jane@example.com' }, subject: 'Hello', text: 'Hi.' };
      await makeQueue().enqueue(trx, { key: 'a', kind: 'test', workspaceId: null, message });
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await rows()).toEqual([]);
  });

  test('is there once for one key', async () => {
    await enqueue({ key: 'the same' });
    await enqueue({ key: 'the same' });
    await passed();
    expect(server.inbox).toHaveLength(1);
  });

  test('is refused where a header could be injected', async () => {
    const message = { to: { address: 'jane@example.com' }, subject: 'A\r\nBcc: eve@example.com', text: '' };
    await expect(enqueue({ message })).rejects.toThrow('subject must not contain control characters');
    expect(await rows()).toEqual([]);
  });

  test('is sent at once after a notify, and by nobody before the first pass', async () => {
    const queue = makeQueue();
    const sender = makeMailSender({
      queue,
      transport: makeSmtp({ smtpUrl: server.url, dial }),
      from: 'crm@acme.example',
      log: pino({ level: 'silent' }),
      metrics: makeMailMetrics(new Registry(), database.db),
      random: Math.random,
    });
    senders.push(sender);
    await enqueue();
    queue.notify();
    expect(await row()).toMatchObject({ state: 'queued', attempts: 0 });
    await sender.pass(running);
    await enqueue();
    queue.notify();
    await until(() => server.inbox.length === 2);
  });

  test('is deleted 30 days after it was settled, and given up where no process sends mail', async () => {
    await enqueue();
    await passed();
    await enqueue();
    await change(`settled_at = settled_at - interval '29 days' where state = 'sent'`);
    await change(`expires_at = now() - interval '1 second' where state = 'queued'`);
    await makeQueue().prune();
    expect((await rows()).map(({ state, message }) => [state, message])).toEqual([
      ['sent', null],
      ['failed', null],
    ]);
    await change(`settled_at = settled_at - interval '2 days'`);
    await makeQueue().prune();
    expect((await rows()).map(({ state }) => state)).toEqual(['failed']);
  });
});

describe('a refusal', () => {
  test.each([550, 553])('%i for the recipient is final', async (code) => {
    server.onRecipient(() => reply(code, '5.1.1 <jane@example.com>: no such user'));
    await enqueue();
    const sender = makeSender();
    const { state, last_error: error, message } = await passed(sender);
    expect([state, message]).toEqual(['failed', null]);
    expect(error).toContain(String(code));
    await passed(sender);
    expect(server.recipients).toBe(1);
    await expect.poll(() => lines).toContain('a mail was refused');
  });

  test('554 for the content is final, and what it quotes is neither stored nor logged', async () => {
    server.onContent(() => reply(554, `5.7.1 <jane@example.com> sent a bad link: ${LINK}`));
    await enqueue();
    const { state, last_error: error } = await passed();
    expect([state, server.inbox]).toEqual(['failed', []]);
    expect(error).toContain('554 5.7.1');
    expect(error + lines).not.toMatch(/jane@|token=|Zk3vT9wLq0/);
  });

  test.each(['onRecipient', 'onContent'] as const)(
    '451 (%s) is tried again, as the same mail by date and Message-ID',
    async (when) => {
      server[when](() => reply(451, '4.7.1 greylisted'));
      await enqueue();
      const sender = makeSender();
      const first = await passed(sender);
      expect(first).toMatchObject({ state: 'queued', attempts: 1, claim: null });
      expect(first.wait_s).toBeGreaterThan(30);
      await passed(sender);
      expect((await row()).attempts).toBe(1);
      const seen: string[] = [];
      server[when](() => null);
      server.onContent((mail) => {
        seen.push(mail.raw);
        return seen.length === 1 ? reply(452, 'full') : null;
      });
      for (let attempt = 0; attempt < 2; attempt++) {
        await change(`due_at = now() - interval '1 second'`);
        await passed(sender);
      }
      expect(await row()).toMatchObject({ state: 'sent', attempts: 3 });
      const identity = (raw: string) => raw.match(/^(Message-ID|Date): .+$/gm);
      expect(identity(seen[0]!)).toHaveLength(2);
      expect(identity(seen[0]!)).toEqual(identity(seen[1]!));
      expect(server.inbox).toHaveLength(1);
    },
  );

  test('a refused sign-in leaves the mail queued, so that the operator can correct the password', async () => {
    const strict = await startMailServer({ auth: true });
    await enqueue();
    const smtpUrl = strict.url.replace('smtp://', 'smtp://crm:hunter2@');
    const { state, last_error: error } = await passed(makeSender({ smtpUrl }));
    await strict.close();
    expect(state).toBe('queued');
    expect(error).toContain('EAUTH');
    expect(error + lines).not.toContain('hunter2');
  });

  test('a mail that cannot be sent before it expires is given up, and logged', async () => {
    server.onRecipient(() => reply(451, 'later'));
    await enqueue({ lifetimeMs: 30_000 });
    expect(await passed()).toMatchObject({ state: 'failed', message: null });
    await expect.poll(() => lines).toContain('a mail was given up');
    await enqueue();
    await change(`expires_at = now() - interval '1 second' where state = 'queued'`);
    lines = '';
    await passed();
    expect((await rows())[1]).toMatchObject({ state: 'failed', attempts: 0, last_error: 'not sent in time' });
    await expect.poll(() => lines).toContain('a mail was given up');
  });

  test('pauses grow to six hours, a fifth shorter or longer', () => {
    const minutes = (attempts: number, random: number) => pauseAfter(attempts, random) / 60_000;
    expect([1, 2, 3, 4, 5, 6, 7, 20].map((attempts) => minutes(attempts, 0.5))).toEqual([
      1, 5, 15, 60, 120, 240, 360, 360,
    ]);
    expect([minutes(1, 0), minutes(1, 1)]).toEqual([0.8, 1.2]);
  });
});

describe('a mail server', () => {
  let silent: Server;
  let sockets: { destroy(): void }[] = [];
  async function listens(onLine: (line: string, write: (text: string) => void) => void, greets = true) {
    sockets = [];
    silent = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      if (greets) socket.write('220 mail.test\r\n');
      socket.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\r\n').filter(Boolean))
          onLine(line, (text) => socket.write(text));
      });
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    if (silent?.listening) await new Promise((resolve) => silent.close(resolve));
  });
  /** Plain SMTP up to the content; `end` is what happens to its last line. */
  const upToContent = (end: (write: (text: string) => void) => void) => {
    let inContent = false;
    return (line: string, write: (text: string) => void) => {
      if (inContent) {
        if (line === '.') end(write);
      } else if (line === 'DATA') {
        inContent = true;
        write('354 go ahead\r\n');
      } else write('250 ok\r\n');
    };
  };

  test('that is not there is tried again', async () => {
    await enqueue();
    const {
      state,
      attempts,
      last_error: error,
    } = await passed(makeSender({ smtpUrl: 'smtp://127.0.0.1:1' }));
    expect([state, attempts]).toEqual(['queued', 1]);
    expect(error).toContain('ECONNREFUSED');
  });

  test('may be named by a host name and be in a private range', async () => {
    await enqueue();
    const smtpUrl = server.url.replace('127.0.0.1', 'localhost');
    expect(await passed(makeSender({ smtpUrl }))).toMatchObject({ state: 'sent' });
    expect(server.inbox).toHaveLength(1);
  });

  test.each([
    ['169.254.169.254:25', 'a cloud metadata address'],
    [`127.0.0.1:${OWN_PORT}`, "this server's own address"],
  ])('is not dialled at %s, %s', async (host, kind) => {
    await enqueue();
    const { state, last_error: error } = await passed(makeSender({ smtpUrl: `smtp://${host}` }));
    expect(state).toBe('queued');
    expect(error).toContain(`the host points to ${kind}`);
  });

  test('that offers no encryption gets no mail where SMTP_URL requires it', async () => {
    await enqueue();
    const { state, last_error: error } = await passed(
      makeSender({ smtpUrl: `${server.url}?requireTLS=true` }),
    );
    expect([state, server.recipients]).toEqual(['queued', 0]);
    expect(error).toContain('ETLS');
  });

  test('with a certificate that is not trusted gets no mail, and no mail without encryption', async () => {
    const untrusted = await startMailServer({ tls: true });
    await enqueue();
    const { state, last_error: error } = await passed(makeSender({ smtpUrl: untrusted.url }));
    await untrusted.close();
    expect([state, untrusted.recipients]).toEqual(['queued', 0]);
    expect(error).toMatch(/certificate/i);
  });

  test('that hangs before the greeting is tried again', async () => {
    const smtpUrl = await listens(() => undefined, false);
    await enqueue();
    expect(await passed(makeSender({ smtpUrl, timeoutMs: 300 }))).toMatchObject({ state: 'queued' });
  });

  test('that hangs before the content is tried again, as nothing was sent', async () => {
    const smtpUrl = await listens((line, write) => {
      if (!line.startsWith('RCPT')) write('250 ok\r\n');
    });
    await enqueue();
    expect(await passed(makeSender({ smtpUrl, submitTimeoutMs: 300 }))).toMatchObject({ state: 'queued' });
  });

  test.each([
    ['hangs', () => undefined],
    ['closes the connection', () => sockets.at(-1)!.destroy()],
  ])('that %s after the content leaves an unknown mail, which is not sent again', async (_what, end) => {
    const smtpUrl = await listens(upToContent(end));
    await enqueue();
    const first = await passed(makeSender({ smtpUrl, timeoutMs: 500 }));
    expect(first).toMatchObject({ state: 'unknown', attempts: 1, message: null, to_address: null });
    await expect.poll(() => lines).toContain('a mail may have been sent');
    await change(`due_at = now() - interval '1 second'`);
    await passed();
    expect(server.recipients).toBe(0);
  });

  test.each([
    ['EHLO', '502 5.5.1 not implemented', 'sent'],
    ['MAIL', '451 4.3.0 later', 'queued'],
    ['MAIL', '550 5.7.1 not from this sender', 'queued'],
    ['RCPT', '421 4.3.2 shutting down', 'queued'],
    ['RCPT', '530 5.7.0 sign in first', 'queued'],
    ['DATA', '451 4.3.0 later', 'queued'],
    ['DATA', '554 5.7.1 no', 'failed'],
  ])('that answers %s with %s: the mail is %s', async (command, answer, state) => {
    const accepts = upToContent((write) => write('250 ok\r\n'));
    const smtpUrl = await listens((line, write) =>
      line.startsWith(command) ? write(`${answer}\r\n`) : accepts(line, write),
    );
    await enqueue();
    expect(await passed(makeSender({ smtpUrl }))).toMatchObject({ state, attempts: 1 });
  });

  test('that answers the content with 421 has not accepted it', async () => {
    const smtpUrl = await listens(upToContent((write) => write('421 4.3.2 shutting down\r\n')));
    await enqueue();
    expect(await passed(makeSender({ smtpUrl }))).toMatchObject({ state: 'queued', attempts: 1 });
  });
});

describe('several senders', () => {
  test('send each mail once', async () => {
    for (let n = 0; n < 40; n++) await enqueue();
    const several = [makeSender(), makeSender(), makeSender()];
    await Promise.all(several.map((sender) => sender.pass(running)));
    await until(async () => (await rows()).every(({ state }) => state === 'sent'));
    expect(server.inbox).toHaveLength(40);
    expect((await rows()).every(({ attempts }) => attempts === 1)).toBe(true);
  });

  test('a sender that lost its claim before the content sends nothing, and settles nothing', async () => {
    const { open, opened } = gate();
    server.onRecipient(async () => {
      if (server.recipients === 1) await opened;
      return null;
    });
    await enqueue();
    const [paused, other] = [makeSender(), makeSender()];
    await paused.pass(running);
    await until(() => server.recipients === 1);
    await change(`lease_until = now() - interval '1 second'`);
    await other.pass(running);
    await until(async () => (await row()).state === 'sent');
    const { claim } = await row();
    open();
    await until(() => lines.includes('claimed by another sender'));
    expect(server.inbox).toHaveLength(1);
    expect(await row()).toMatchObject({ state: 'sent', attempts: 2, claim });
  });

  test('a refusal that comes after the claim was lost does not end the attempt of the other sender', async () => {
    const [first, second] = [gate(), gate()];
    server.onRecipient(async () => {
      if (server.recipients > 1) {
        await second.opened;
        return null;
      }
      await first.opened;
      return reply(550, 'no such user');
    });
    await enqueue();
    const [paused, other] = [makeSender(), makeSender()];
    await paused.pass(running);
    await until(() => server.recipients === 1);
    await change(`lease_until = now() - interval '1 second'`);
    await other.pass(running);
    await until(() => server.recipients === 2);
    first.open();
    await until(() => lines.includes('claimed by another sender'));
    second.open();
    await until(async () => (await row()).state === 'sent');
    expect(server.inbox).toHaveLength(1);
  });

  test('a sender that is silent after the content leaves an unknown mail; its answer still counts', async () => {
    const { open, opened } = gate();
    server.onContent(async () => {
      await opened;
      return null;
    });
    await enqueue();
    const [paused, other] = [makeSender(), makeSender()];
    await paused.pass(running);
    await until(() => server.inbox.length === 1);
    await change(`lease_until = now() - interval '1 second'`);
    await other.pass(running);
    expect(await row()).toMatchObject({ state: 'unknown', message: null });
    await other.pass(running);
    open();
    await until(async () => (await row()).state === 'sent');
    expect(server.inbox).toHaveLength(1);
  });

  test('a sender that stops returns what it has not sent, and waits for what it has', async () => {
    const { open, opened } = gate();
    server.onRecipient(async (address) => {
      if (address.startsWith('held')) await opened;
      return null;
    });
    server.onContent(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return null;
    });
    await enqueue({ message: { to: { address: 'held@example.com' }, subject: 'A', text: 'A' } });
    await enqueue();
    const sender = makeSender();
    await sender.pass(running);
    await until(() => server.recipients === 2 && server.inbox.length === 1);
    await sender.stop();
    open();
    const [held, sent] = await rows();
    expect(held).toMatchObject({ state: 'queued', claim: null });
    // Due at once; the clock can be set back a little between two statements.
    expect(held!.wait_s).toBeLessThan(1);
    expect(sent).toMatchObject({ state: 'sent' });
    await passed();
    expect(server.inbox.map(({ to }) => to)).toEqual(['jane@example.com', 'held@example.com']);
  });
});

test('a condition cancels a mail or lets it wait; the others are sent', async () => {
  for (const kind of ['suppressed', 'limited', 'free']) await enqueue({ kind });
  const conditions: MailCondition[] = [
    { name: 'suppressed address', holds: `m.kind <> 'suppressed'`, otherwise: 'cancel' },
    { name: 'daily limit', holds: `m.kind <> 'limited'`, otherwise: 'wait' },
    { name: 'never decided', holds: 'null::boolean', otherwise: 'cancel' },
  ];
  await passed(makeSender({ conditions }));
  expect(
    (await rows()).map(({ state, last_error: error, message }) => [state, error, message !== null]),
  ).toEqual([
    ['cancelled', 'suppressed address', false],
    ['queued', null, true],
    ['sent', null, false],
  ]);
  await passed();
  expect((await rows()).map(({ state }) => state)).toEqual(['cancelled', 'sent', 'sent']);
});
