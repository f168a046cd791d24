import { Client } from 'pg';
import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { makeContacts, makeWebhook } from './api.mjs';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink, untilReceived } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { logOf, startServer, tail } from './server.mjs';
import { inTurn, isComparison, rounds } from './turns.mjs';

const ROUNDS = 3;
const DELIVERIES = 50_000;
const FAN_OUTS = [1, 10, 1_000];

/** Drains a backlog of due deliveries over 1, 10 and 1,000 webhooks, compared with undici alone. */
export async function deliver() {
  const sink = await startSink();
  const installations = [];
  for (const webhooks of FAN_OUTS) installations.push(await installation(sink, webhooks));

  /** @type {number[]} */
  const baseline = [];
  /** @type {Map<number, number[]>} */
  const values = new Map(FAN_OUTS.map((webhooks) => [webhooks, []]));
  // A warm-up round, for files and caches.
  for (let round = 0; round <= rounds(ROUNDS); round++) {
    const warmUp = round === 0;
    const count = warmUp ? DELIVERIES / 10 : DELIVERIES;
    let bodyBytes = 0;
    for (const { webhooks, dataDir } of installations) {
      const drain = await inTurn(() => backlogAndDrain(sink, dataDir, webhooks, count));
      bodyBytes = drain.bodyBytes;
      if (!warmUp) values.get(webhooks)?.push(drain.perSecond);
    }
    if (isComparison()) continue;
    const perSecond = await inTurn(() => undiciAlone(sink, count, bodyBytes));
    if (!warmUp) baseline.push(perSecond);
  }
  await sink.end();

  const item = /** @type {number[]} */ (values.get(1));
  return [
    figure('deliver: drained/s, 1 webhook, vs undici alone', {
      value: item,
      baseline,
      aim: ['ratio', '≥', 0.55],
    }),
    ...FAN_OUTS.slice(1).map((webhooks) =>
      figure(`deliver: drained/s, ${webhooks} webhooks, vs 1`, {
        value: /** @type {number[]} */ (values.get(webhooks)),
        baseline: item,
        aim: ['ratio', '≥', 0.8],
      }),
    ),
  ];
}

/** A data directory whose webhooks all send to the sink. */
async function installation(sink, webhooks) {
  const dataDir = await scratch();
  const server = await startServer({ dataDir, services: 'api,web' });
  for (let n = 0; n < webhooks; n++) await makeWebhook(server, `${sink.url}/${n}`);
  await server.stop();
  // The first worker names all records for search: there are none yet.
  const worker = await startServer({ dataDir });
  await worker.stop();
  return { webhooks, dataDir };
}

/**
 * Leaves the search documents of the backlog out: the worker would make them while it delivers, and both would be
 * measured.
 */
async function skipSearchDocuments(dataDir) {
  const client = new Client(await attachEmbedded(dataDir));
  await client.connect();
  try {
    // 0.1.0 has none.
    const { rows } = await client.query(`select to_regclass('search_position') is not null as exists`);
    if (!rows[0].exists) return;
    await client.query(
      `insert into search_position (workspace_id, seq) select workspace_id, event_seq from workspace_counter
       on conflict (workspace_id) do update set seq = excluded.seq`,
    );
  } finally {
    await client.end();
  }
}

/** Queues with the worker off, then starts it; measures from the first request at the sink to the last. */
async function backlogAndDrain(sink, dataDir, webhooks, count) {
  const queueing = await startServer({ dataDir, services: 'api,web' });
  await makeContacts(queueing, count / webhooks);
  await skipSearchDocuments(dataDir);
  await queueing.stop();

  await sink.ask('forget');
  const server = await startServer({ dataDir });
  await untilReceived(sink, count);
  const { received, distinct, elapsed, bodyBytes } = await sink.ask('summary');
  const counters = await deliveryCounters(server);
  await server.stop();
  if (distinct !== count) {
    throw new Error(
      `${distinct} distinct deliveries of ${count} reached the sink, in ${received} requests; ` +
        `the server's own count: ${counters}; its log: ${await tail(logOf(dataDir))}`,
    );
  }
  return { perSecond: (count / elapsed) * 1000, bodyBytes: Math.round(bodyBytes / received) };
}

/** The server's counts of attempts, takeovers and refused outcomes, in one line. */
async function deliveryCounters(server) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => /^fairlead_(delivery_attempts|lane_takeovers|settles_refused)/.test(line))
    .join(', ');
}

/** A new process each time, because the server has just started too. */
async function undiciAlone(sink, count, bodyBytes) {
  await sink.ask('forget');
  const raw = startHelper('raw.mjs');
  await raw.ask('send', { url: `${sink.url}/raw`, count, bodyBytes, inFlight: 64 });
  const { received, elapsed } = await sink.ask('summary');
  await raw.end();
  return (received / elapsed) * 1000;
}
