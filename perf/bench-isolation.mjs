import { setTimeout as sleep } from 'node:timers/promises';
import { makeWebhook, setActive } from './api.mjs';
import { figure, percentile } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';

const ROUNDS = 3;
const SECONDS = 8;
const PER_SECOND = 200;
const HEALTHY = 8;

/**
 * Eight healthy webhooks together with two more healthy ones, or with one that never answers and one whose name
 * does not resolve.
 */
export async function isolation() {
  const sink = await startSink();
  const load = startHelper('load.mjs');
  const server = await startServer({ dataDir: await scratch() });
  for (let n = 0; n < HEALTHY; n++) await makeWebhook(server, `${sink.url}/healthy/${n}`);
  const good = [
    await makeWebhook(server, `${sink.url}/extra/1`),
    await makeWebhook(server, `${sink.url}/extra/2`),
  ];
  const bad = [
    await makeWebhook(server, `${sink.url}/silent/`),
    await makeWebhook(server, 'https://no-such-host.invalid/'),
  ];

  const round = async (company, others, seconds) => {
    await setActive(server, others, false);
    await setActive(server, company, true);
    await sleep(500);
    return measure({ sink, load, server, seconds });
  };
  await round(good, bad, 2);
  await round(bad, good, 2);
  const alone = [];
  const compared = [];
  for (let n = 0; n < ROUNDS; n++) {
    alone.push(await round(good, bad, SECONDS));
    compared.push(await round(bad, good, SECONDS));
  }
  await load.end();
  // Killed, because a stop would wait for the receiver that never answers.
  await server.kill();
  await sink.end();

  const valuesOf = (rounds, which) => rounds.map((item) => item[which]);
  return [
    figure('isolation: received/s by the eight healthy webhooks', {
      value: valuesOf(compared, 'perSecond'),
      baseline: valuesOf(alone, 'perSecond'),
      aim: ['ratio', '≥', 0.9],
    }),
    figure('isolation: response → received, p99 ms', {
      value: valuesOf(compared, 'p99'),
      baseline: valuesOf(alone, 'p99'),
      aim: ['ratio', '≤', 1.5],
    }),
    figure('isolation: response → received, p50 ms', {
      value: valuesOf(compared, 'p50'),
      baseline: valuesOf(alone, 'p50'),
    }),
  ];
}

/** Runs a steady load; measures what reached the eight healthy webhooks during it, and the delay. */
async function measure({ sink, load, server, seconds }) {
  await sink.ask('forget');
  const requested = { port: server.port, key: server.key, perSecond: PER_SECOND, seconds };
  const answered = await load.ask('steady', requested);
  await untilHealthy(sink, answered.length * HEALTHY);
  const { keys, contacts, at } = await sink.ask('all');

  const answeredAt = new Map(answered.map(([id, , when]) => [id, when]));
  const begin = Math.min(...answered.map(([, sentAt]) => sentAt));
  const end = Math.max(...answeredAt.values());
  const delays = [];
  let inTime = 0;
  keys.forEach((key, n) => {
    const when = answeredAt.get(contacts[n]);
    if (when === undefined || !key.startsWith('/healthy/')) return;
    delays.push(Math.max(0, at[n] - when));
    if (at[n] <= end) inTime += 1;
  });
  return {
    perSecond: (inTime / (end - begin)) * 1000,
    p99: percentile(delays, 99),
    p50: percentile(delays, 50),
  };
}

async function untilHealthy(sink, wanted) {
  for (const since = performance.now(); performance.now() - since < 30_000; await sleep(100)) {
    const { keys } = await sink.ask('all');
    if (keys.filter((key) => key.startsWith('/healthy/')).length >= wanted) return;
  }
  throw new Error(`fewer than ${wanted} deliveries reached the healthy webhooks in 30 s`);
}
