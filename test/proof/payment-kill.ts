import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { call } from '../../perf/api.mjs';
import { attachEmbedded } from '../../src/db/embedded/embedded.ts';
import { readOutcomes } from '../kit/payment-outcome.ts';
import {
  eventsOf,
  PAYMENT_CONNECTIONS,
  sendEvent,
  sendUntilAccepted,
  type SentEvent,
} from '../kit/payment-sender.ts';
import { PAYMENT_STORIES } from '../kit/payment-stories.ts';
import type { PaymentStory } from '../kit/payment-story.ts';
import { makeHome, startProcess, startSecond, type Defer, type Process } from './processes.ts';
import type { Proof } from './proof.ts';
import type { Random } from './random.ts';

/** What an event is stored in: a kill while one of them is locked is between its arrival and its commit. */
const TABLES = [
  'provider_event',
  'provider_object',
  'payment',
  'payment_refund',
  'subscription',
  'contact',
  'event',
];
const TOKEN = /t\d\dr\d{4}/;

/**
 * kill -9 of the server that receives an event, while the event waits for a lock or at a random moment. The provider
 * sends it again to the next server, with what comes after it.
 */
export const paymentKill: Proof<{ kills: number }> = {
  name: 'payment-kill',
  promise: 'an event of a payment is applied once, also when the server that receives it is killed',
  sizes: { small: { kills: 2 }, whole: { kills: 20 } },
  async run({ size: { kills }, random, log, defer }) {
    const home = await makeHome(defer, { FAIRLEAD_SERVICES: 'api' });
    const first = await startProcess(home);
    const database = await connect(home.dataDir, defer);
    const paths = await connectAccounts(first);
    let second = await startSecond(defer, home.dataDir, { key: first.key, services: 'api' });
    const expected = PAYMENT_STORIES.map((story, at) => ({ story, at, token: tokenOf(at, 0) }));
    for (const { story, token } of expected)
      for (const event of eventsOf(story, token))
        await sendUntilAccepted(first.url + paths[event.provider], event);

    const killed: { story: PaymentStory; at: number; token: string }[] = [];
    let inTransaction = 0;
    for (let n = 1; n <= kills; n++) {
      const at = random.between(0, PAYMENT_STORIES.length - 1);
      const story = PAYMENT_STORIES[at]!;
      const token = tokenOf(at, n);
      const events = random.shuffled(eventsOf(story, token));
      const from = random.between(0, events.length - 1);
      for (const event of events.slice(0, from))
        await sendUntilAccepted(second.url + paths[event.provider], event);
      const table = random.pick(TABLES);
      const url = second.url + paths[story.provider];
      const waiting = await applyUntilWaiting({ database, url, events: events.slice(from), table, random });
      await second.kill();
      await waiting.answer;
      await database.query('rollback');
      if (waiting.type !== null) inTransaction += 1;
      log(
        `kill ${n}: ${waiting.type ? `${waiting.type} waited for ${table}` : `no event waited for ${table}`}`,
      );
      second = await startSecond(defer, home.dataDir, { key: first.key, services: 'api' });
      for (const event of events.slice(from))
        await sendUntilAccepted(second.url + paths[event.provider], event);
      killed.push({ story, at, token });
    }
    const outcomes = await readOutcomes(database, TOKEN);
    await second.stop();
    await first.stop();
    const faults = killed
      .filter(({ at, token }) => !isDeepStrictEqual(outcomes.get(token), outcomes.get(tokenOf(at, 0))))
      .map(({ story, token }) => `"${story.name}" ended otherwise: ${JSON.stringify(outcomes.get(token))}`);
    const wrong = expected
      .filter(({ story, token }) => !isDeepStrictEqual(outcomes.get(token)?.fired, story.fires))
      .map(({ story }) => `"${story.name}" fired other events without a kill`);
    return {
      counts: `${kills} kills, ${inTransaction} of them in a transaction, ${faults.length} other outcomes`,
      faults: [...faults, ...wrong],
    };
  },
};

interface WaitParts {
  database: Client;
  url: string;
  events: readonly SentEvent[];
  table: string;
  random: Random;
}

/**
 * Locks the table and sends events until one waits for it, in its transaction.
 * @returns the type of that event, null if there is none, and its response
 */
async function applyUntilWaiting({ database, url, events, table, random }: WaitParts) {
  await database.query('begin');
  await database.query(`lock table ${table} in exclusive mode`);
  for (const event of events) {
    let isAnswered = false;
    const answer = sendEvent(url, event).finally(() => (isAnswered = true));
    while (!isAnswered) {
      if (await isLockAwaited(database)) return { type: event.type, answer };
      await sleep(random.between(1, 5));
    }
  }
  return { type: null, answer: null };
}

async function isLockAwaited(database: Client): Promise<boolean> {
  const { rowCount } = await database.query('select from pg_locks where not granted');
  return (rowCount ?? 0) > 0;
}

async function connect(dataDir: string, defer: Defer): Promise<Client> {
  const connection = await attachEmbedded(dataDir);
  if (connection === null) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  const client = new Client(connection);
  // The server stops PostgreSQL before the proof ends the connection.
  client.on('error', () => {});
  await client.connect();
  defer(() => client.end().catch(() => {}));
  return client;
}

/** The paths of the accounts, which are the same at every process. */
async function connectAccounts(server: Process): Promise<Record<PaymentStory['provider'], string>> {
  const pathOf = async (body: object): Promise<string> => {
    const { urls } = await call(server, 'POST', '/connections', body);
    return new URL(urls[0].url).pathname;
  };
  return {
    stripe: await pathOf(PAYMENT_CONNECTIONS.stripe),
    paypal: await pathOf(PAYMENT_CONNECTIONS.paypal),
  };
}

function tokenOf(story: number, run: number): string {
  return `t${String(story).padStart(2, '0')}r${String(run).padStart(4, '0')}`;
}
