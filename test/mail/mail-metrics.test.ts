import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { makeSmtp } from '../../src/integrations/smtp/smtp-transport.ts';
import { makeMailMetrics } from '../../src/mail/mail-metrics.ts';
import { makeMailQueue } from '../../src/mail/mail-queue.ts';
import { makeMailSender, type MailSender } from '../../src/mail/mail-sender.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeOperatorGuard } from '../../src/net/egress-guard.ts';
import { systemResolver } from '../../src/net/system-resolver.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';
import { reply, startMailServer, type MailServer } from '../kit/mail-server.ts';
import { until } from '../kit/process.ts';

const dial = makeDial({
  guard: makeOperatorGuard({ own: () => [] }),
  resolver: systemResolver,
  clock: systemClock,
});

let database: TestDatabase;
let server: MailServer;
let sender: MailSender;
let registry: Registry;

const query = (text: string) => database.db.pool.query<{ state: string }>(text);

function makeQueue() {
  const sealer = makeSealer(Buffer.alloc(32, 7));
  return makeMailQueue({ db: database.db, sealer, newId: idMaker(Date.now), conditions: [] });
}

beforeEach(async () => {
  [database, server] = await Promise.all([freshDatabase(), startMailServer()]);
  registry = new Registry();
  sender = makeMailSender({
    queue: makeQueue(),
    transport: makeSmtp({ smtpUrl: server.url, dial }),
    from: 'crm@acme.example',
    log: pino({ level: 'silent' }),
    metrics: makeMailMetrics(registry, database.db),
    random: () => 0.5,
  });
});
afterEach(async () => {
  await sender.stop();
  await server.close();
  await database.drop();
});

async function enqueue(...to: string[]): Promise<void> {
  for (const name of to) {
    const message = { to: { address: `${name}@example.com` }, subject: 'Hello', text: 'Hi.' };
    await database.db.transaction((trx) =>
      makeQueue().enqueue(trx, { key: name, kind: 'test', workspaceId: null, message }),
    );
  }
}

/** The lines of the metrics whose names begin like this, without zeros. */
async function metrics(): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => /^fairlead_mail\S* (?!0$)/.test(line));
}

test('the metrics count mails by state and attempts by outcome', async () => {
  expect(await metrics()).toEqual([]);
  server.onRecipient((address) => {
    if (address.startsWith('refused')) return reply(550, 'no such user');
    return address.startsWith('later') ? reply(451, 'greylisted') : null;
  });
  await enqueue('jane', 'fred', 'refused', 'later');
  await sender.pass(new AbortController().signal);
  await until(async () => (await registry.metrics()).includes('outcome="retried"'));
  await until(async () => (await query("select state from mail where state = 'sending'")).rowCount === 0);
  await query(`insert into mail (id, kind, key, state, due_at, expires_at, created_at, settled_at)
    select gen_random_uuid(), 'test', s, s, now(), now(), now(), now() from unnest('{cancelled,unknown}'::text[]) s`);
  await query("update mail set due_at = now() - interval '90 seconds' where state = 'queued'");
  const fresh = new Registry();
  makeMailMetrics(fresh, database.db);
  const page = await fresh.metrics();
  for (const [state, count] of Object.entries({
    queued: 1,
    sending: 0,
    sent: 2,
    failed: 1,
    unknown: 1,
    cancelled: 1,
  }))
    expect(page).toContain(`fairlead_mails{state="${state}"} ${count}\n`);
  const oldest = Number(/^fairlead_mail_oldest_due_seconds (\S+)$/m.exec(page)![1]);
  expect(oldest).toBeGreaterThanOrEqual(90);
  expect(await metrics()).toEqual(
    expect.arrayContaining([
      'fairlead_mail_attempts_total{outcome="sent"} 2',
      'fairlead_mail_attempts_total{outcome="failed"} 1',
      'fairlead_mail_attempts_total{outcome="retried"} 1',
    ]),
  );
});

test('the gauges are NaN where mails cannot be counted, and the counters are still there', async () => {
  await enqueue('jane');
  await sender.pass(new AbortController().signal);
  await until(async () => (await query("select state from mail where state = 'sent'")).rowCount === 1);
  await query('alter table mail rename to mail_away');
  const page = await registry.metrics();
  await query('alter table mail_away rename to mail');
  expect(page).toContain('fairlead_mails{state="queued"} Nan');
  expect(page).toContain('fairlead_mail_attempts_total{outcome="sent"} 1');
});
