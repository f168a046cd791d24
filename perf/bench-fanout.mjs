import { setTimeout as sleep } from 'node:timers/promises';
import { call, makeWebhook } from './api.mjs';
import { contactText } from './contact.mjs';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { connectTo } from './store.mjs';

const ROUNDS = 3;
const SECONDS = 3;
const WARM_UP = 3;
const CONNECTIONS = 64;
const WEBHOOKS = 100;
const COUNTED = 300;
/** An idle connection of PostgreSQL reports its statistics within 10 s. */
const STATISTICS_DELAY_MS = 11_000;

/**
 * A change that matches 100 webhooks, compared with one that matches a single webhook, without a worker: its cost
 * in time, and in PostgreSQL transactions. Each statement is a separate transaction here.
 */
export async function fanout() {
  const sink = await startSink();
  const load = startHelper('load.mjs');
  const single = await installation(sink, 1);
  const many = await installation(sink, WEBHOOKS);
  const burst = async ({ server }, seconds = SECONDS) =>
    (await load.ask('burst', { port: server.port, keys: [server.key], connections: CONNECTIONS, seconds }))
      .perSecond;

  const counted = { single: await transactions(single), many: await transactions(many) };
  await burst(single, WARM_UP);
  await burst(many, WARM_UP);
  const rounds = { single: [], many: [], rows: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rounds.single.push(await burst(single));
    const before = await queued(many);
    const perSecond = await burst(many);
    rounds.many.push(perSecond);
    rounds.rows.push((await queued(many)) - before);
  }
  await load.end();
  await sink.end();
  for (const { client, server } of [single, many]) {
    await client.end();
    await server.stop();
  }

  return [
    figure('fanout: transactions per change, 100 webhooks vs 1', {
      value: [counted.many],
      baseline: [counted.single],
      aim: ['ratio', '≤', 1.05],
    }),
    figure('fanout: changes/s, 100 webhooks vs 1', { value: rounds.many, baseline: rounds.single }),
    figure('fanout: queue rows/s, 100 webhooks vs 1', {
      value: rounds.rows.map((rows) => rows / SECONDS),
      baseline: rounds.single,
      aim: ['ratio', '≥', 2],
    }),
  ];
}

async function installation(sink, webhooks) {
  const dataDir = await scratch();
  const server = await startServer({ dataDir, services: 'api,web' });
  for (let n = 0; n < webhooks; n++) await makeWebhook(server, `${sink.url}/${n}`);
  return { server, client: await connectTo(dataDir) };
}

/** Creates contacts one after the other. @returns the number of PostgreSQL transactions of each */
async function transactions({ server, client }) {
  const own = await call(server, 'POST', '/contacts', contactText('first'));
  const before = await committed(client);
  for (let n = 0; n < COUNTED; n++)
    await call(server, 'POST', '/contacts', contactText(`one.${own.id}.${n}`));
  return ((await committed(client)) - before) / COUNTED;
}

async function committed(client) {
  await sleep(STATISTICS_DELAY_MS);
  const { rows } = await client.query(
    'select xact_commit::int as n from pg_stat_database where datname = current_database()',
  );
  return rows[0].n;
}

async function queued({ client }) {
  const { rows } = await client.query('select count(*)::int as n from queue');
  return rows[0].n;
}
