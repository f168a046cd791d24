import { call } from './api.mjs';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { eachRound } from './turns.mjs';

const ROUNDS = 3;
const MAILS = 1_000;
const BATCH = 250;

/** Mails through one account to an SMTP server on this machine: composed, handed over, settled, their events fired. */
export async function emails() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir, env: { FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8' } });
  const sink = startHelper('mail-sink.mjs');
  const port = await sink.ask('start');
  const account = await call(server, 'POST', '/connections', {
    kind: 'smtp',
    name: 'bench',
    settings: { host: '127.0.0.1', port, tls: 'none', from_email: 'bench@example.com' },
    secrets: {},
  });
  /** @type {number[]} */
  const value = [];
  await eachRound(ROUNDS, async (round) => {
    const since = await sink.ask('count');
    const begun = performance.now();
    for (let from = 0; from < MAILS; from += BATCH) {
      const records = Array.from({ length: BATCH }, (_, at) => ({
        to: `jane${from + at}@example.com`,
        subject: `Mail ${from + at}`,
        html: '<p>Hello <b>Jane</b>, your berth is reserved.</p>',
        connection_id: account.id,
      }));
      await call(server, 'POST', '/emails/batch', { records });
    }
    while ((await sink.ask('count')) < since + MAILS)
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    if (round >= 0) value.push(MAILS / ((performance.now() - begun) / 1000));
  });
  await sink.end();
  await server.stop();
  return [figure('emails: mails/s to an SMTP server on this machine', { value, aim: ['value', '≥', 200] })];
}
