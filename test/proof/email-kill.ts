import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { call } from '../../perf/api.mjs';
import { attachEmbedded } from '../../src/db/embedded/embedded.ts';
import { startMailServer } from '../kit/mail-server.ts';
import { makeHome, startProcess, type Process } from './processes.ts';
import type { Proof } from './proof.ts';

const BATCH = 250;
const MESSAGE_ID = /^Message-ID: <([\w-]+)@/im;

interface Counts {
  status: string;
  id: string;
}

/**
 * kill -9 of the server, at random moments, while it hands mails to an SMTP server that takes a while to answer. SMTP
 * cannot be asked whether it got a mail, so those that were handed over without an answer stay unknown.
 */
export const emailKill: Proof<{ kills: number; mails: number }> = {
  name: 'email-kill',
  promise: 'every email arrives exactly once or is shown as unknown, also when the server is killed',
  sizes: { small: { kills: 2, mails: 60 }, whole: { kills: 20, mails: 2_000 } },
  async run({ size: { kills, mails }, random, log, defer }) {
    const mailServer = await startMailServer();
    defer(() => mailServer.close());
    mailServer.onContent(() => sleep(random.between(5, 40)).then(() => null));
    const home = await makeHome(defer, { FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8' });
    let server = await startProcess(home);
    const { key } = server;
    await queueMails(server, Number(new URL(mailServer.url).port), mails);
    for (let n = 1; n <= kills; n++) {
      const before = mailServer.inbox.length;
      const wanted = before + random.between(1, Math.max(1, Math.floor(mails / (kills + 1))));
      for (let waited = 0; mailServer.inbox.length < wanted && waited < 10_000; waited += 5) await sleep(5);
      await sleep(random.between(0, 20));
      await server.kill();
      log(`kill ${n}: after ${mailServer.inbox.length} mails`);
      server = await startProcess(home, { key });
      await endLeases(home.dataDir);
    }
    const rows = await allSettled(home.dataDir, mails);
    await server.stop();

    const arrivals = new Map<string, number>();
    for (const { raw } of mailServer.inbox) {
      const id = MESSAGE_ID.exec(raw)![1]!;
      arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
    }
    const unknown = rows.filter(({ status }) => status === 'unknown');
    const wrong = rows.filter(({ id, status }) => {
      const arrived = arrivals.get(id) ?? 0;
      return status === 'unknown' ? arrived > 1 : status !== 'sent' || arrived !== 1;
    });
    const arrived = unknown.filter(({ id }) => arrivals.has(id)).length;
    return {
      counts: `${mails} mails, ${kills} kills, ${unknown.length} unknown (${arrived} of them arrived), ${wrong.length} wrong`,
      faults: wrong.map(({ id, status }) => `${id} is ${status} and arrived ${arrivals.get(id) ?? 0} times`),
    };
  },
};

async function queueMails(server: Process, port: number, mails: number): Promise<void> {
  const account = await call(server, 'POST', '/connections', {
    kind: 'smtp',
    name: 'proof',
    settings: { host: '127.0.0.1', port, tls: 'none', from_email: 'proof@example.com' },
    secrets: {},
  });
  for (let from = 0; from < mails; from += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, mails - from) }, (_, at) => ({
      to: `jane${from + at}@example.com`,
      subject: `Mail ${from + at}`,
      text: 'Hello.',
      connection_id: account.id,
    }));
    await call(server, 'POST', '/emails/batch', { records });
  }
}

async function withDatabase<T>(dataDir: string, work: (database: Client) => Promise<T>): Promise<T> {
  const connection = await attachEmbedded(dataDir);
  if (connection === null) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  const client = new Client(connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What the killed server had claimed would stay claimed for minutes. */
function endLeases(dataDir: string): Promise<unknown> {
  return withDatabase(dataDir, (database) =>
    database.query(
      `update email_send set lease_until = now() where state = 'sending' and claim in (
         select claim from email_send where state = 'sending' and lease_until < now() + interval '11 minutes')`,
    ),
  );
}

async function allSettled(dataDir: string, mails: number): Promise<Counts[]> {
  return withDatabase(dataDir, async (database) => {
    for (;;) {
      const { rows } = await database.query<Counts>('select id, status from email');
      const left = rows.filter(({ status }) => ['queued', 'sending', 'deferred'].includes(status));
      if (rows.length === mails && left.length === 0) return rows;
      // Nobody else sends: what has not been settled a while after its server was killed is abandoned.
      await database.query(
        `update email_send set lease_until = now() where state = 'sending' and lease_until < now() + interval '150 seconds'`,
      );
      await database.query(`update email_send set due_at = now() where state = 'queued' and due_at > now()`);
      await sleep(250);
    }
  });
}
