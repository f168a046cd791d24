import { setTimeout as sleep } from 'node:timers/promises';
import { makeWebhook, setActive } from './api.mjs';
import { figure, percentile } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { freePort, startServer } from './server.mjs';

const WEBHOOKS = 100;
const SHARES = [1, 5, 50];
const PER_SECOND = 10;
const SECONDS = 8;
/** How long to wait for late deliveries. */
const TIMEOUT_MS = 15_000;
/**
 * How long the load runs before it is measured. Slow receivers widen their window with each response: it takes
 * several of their 5 s until the maximum is in flight.
 */
const RUN_IN = { 1: 3, 5: 3, 50: 16 };

const hostOf = (/** @type {number} */ n, /** @type {number} */ port) => `http://127.0.1.${n + 1}:${port}`;

/**
 * The faults, with the URL of the n-th faulty receiver. Those that become silent answer at once during the
 * warm-up, so that their windows are wide by then. Each has a host of its own.
 */
const FAULTS = {
  silent: (port) => (n) => `${hostOf(n, port)}/silent/${n}`,
  refusing: (_port, closed) => (n) => `http://127.0.0.1:${closed}/${n}`,
  'taking 5 s': (port) => (n) => `${hostOf(n, port)}/slow/5000/${n}`,
  'without DNS': () => (n) => `https://shop-${n}.example/`,
  'becoming silent': (port) => (n) => `${hostOf(n, port)}/fading/${n}`,
};

/**
 * 100 webhooks for all events, of which 1, 5 and 50 have one kind of fault: the deliveries of the others compared
 * with those of the same webhooks without the faulty ones.
 */
export async function mixes() {
  const sink = await startSink();
  const load = startHelper('load.mjs');
  const env = { PERF_DNS: `127.0.0.1:${await sink.ask('silentDns')}` };
  const server = await startServer({ dataDir: await scratch(), env, preload: 'silent-dns.mjs' });
  await sink.ask('hosts', Math.max(...SHARES));
  const closed = await freePort();
  const well = await webhooksFor(server, WEBHOOKS - 1, (n) => `${sink.url}/well/${n}`);
  const figures = [];

  const round = async (healthy, faulty, fades) => {
    await sink.ask('fade', false);
    await setActive(server, [...well.slice(0, healthy), ...faulty], true);
    const share = WEBHOOKS - healthy;
    const pace = { port: server.port, key: server.key, perSecond: PER_SECOND };
    const running = load.ask('steady', { ...pace, seconds: RUN_IN[share] + SECONDS });
    await sleep(RUN_IN[share] * 1000);
    if (fades) await sink.ask('fade', true);
    const answered = (await running).filter(
      ([, sentAt], _, all) => sentAt >= all[0][1] + RUN_IN[share] * 1000,
    );
    const measured = await arrived(sink, answered, healthy);
    await setActive(server, [...well, ...faulty], false);
    await sink.ask('forget');
    return measured;
  };

  for (const share of SHARES) {
    const healthy = WEBHOOKS - share;
    const alone = await round(healthy, []);
    for (const [name, url] of Object.entries(FAULTS)) {
      const faulty = await webhooksFor(server, share, url(sink.port, closed));
      const compared = await round(healthy, faulty, name === 'becoming silent');
      const title = `mixes: ${healthy} vs ${share} ${name}`;
      figures.push(
        figure(`${title}: received/s`, {
          value: [compared.perSecond],
          baseline: [alone.perSecond],
          aim: ['ratio', '≥', 0.9],
        }),
        figure(`${title}: p99 ms`, {
          value: [compared.p99],
          baseline: [alone.p99],
          aim: ['ratio', '≤', 1.5],
        }),
      );
    }
  }
  await load.end();
  // Killed, because a stop would wait for receivers that never answer.
  await server.kill();
  await sink.end();
  return figures;
}

async function webhooksFor(server, count, url) {
  const ids = [];
  for (let n = 0; n < count; n++) ids.push(await makeWebhook(server, url(n), { active: false }));
  return ids;
}

/** The measured contacts that reached the healthy webhooks during the measurement, and their delay. */
async function arrived(sink, answered, healthy) {
  const answeredAt = new Map(answered.map(([id, , when]) => [id, when]));
  const begin = Math.min(...answered.map(([, sentAt]) => sentAt));
  const end = Math.max(...answeredAt.values());
  const wanted = answered.length * healthy;
  for (const since = performance.now(); ; await sleep(250)) {
    const { keys, contacts, at } = await sink.ask('all');
    const delays = [];
    let inTime = 0;
    keys.forEach((key, n) => {
      const when = answeredAt.get(contacts[n]);
      if (when === undefined || !key.startsWith('/well/')) return;
      delays.push(Math.max(0, at[n] - when));
      if (at[n] <= end) inTime += 1;
    });
    const patient = performance.now() - since < TIMEOUT_MS;
    if (delays.length < wanted && patient) continue;
    // A delivery that has not arrived counts with the time that was waited for it.
    while (delays.length < wanted) delays.push(performance.now() - since);
    return { perSecond: (inTime / (end - begin)) * 1000, p99: percentile(delays, 99) };
  }
}
