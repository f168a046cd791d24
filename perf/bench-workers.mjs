import { makeContacts, makeWebhook, setActive } from './api.mjs';
import { figure } from './figure.mjs';
import { startSink, untilReceived } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { metric, startServer, startWorker } from './server.mjs';

const ROUNDS = 3;
const DELIVERIES = 24_000;
const WEBHOOKS = 40;
const ATTEMPTS = 'fairlead_delivery_attempts_total';

/**
 * A backlog over 40 webhooks, drained by two worker processes on one database, compared with one. The webhooks are
 * paused until the workers run, so that neither has a head start; then they are resumed one after the other.
 */
export async function workers() {
  const sink = await startSink();
  const api = await startServer({ dataDir: await scratch(), services: 'api,web' });
  const webhooks = [];
  for (let n = 0; n < WEBHOOKS; n++) webhooks.push(await makeWebhook(api, `${sink.url}/${n}`));

  const drain = async (count, processes) => {
    await setActive(api, webhooks, true);
    await makeContacts(api, count / WEBHOOKS);
    await setActive(api, webhooks, false);
    await sink.ask('forget');
    const running = [];
    for (let n = 0; n < processes; n++) running.push(await startWorker(api));
    await setActive(api, webhooks, true);
    await untilReceived(sink, count);
    const { received, distinct, elapsed } = await sink.ask('summary');
    const shares = [];
    for (const worker of running) {
      shares.push(await metric(worker, ATTEMPTS));
      await worker.stop();
    }
    const late = /** @type {number} */ (await sink.ask('count'));
    if (distinct !== count) throw new Error(`${distinct} distinct deliveries of ${count} reached the sink`);
    return { perSecond: (count / elapsed) * 1000, twice: Math.max(received, late) - count, shares };
  };

  const rounds = { single: [], two: [], twice: [], lesser: [] };
  await drain(DELIVERIES / 4, 1);
  for (let round = 0; round < ROUNDS; round++) {
    rounds.single.push((await drain(DELIVERIES, 1)).perSecond);
    const { perSecond, twice, shares } = await drain(DELIVERIES, 2);
    rounds.two.push(perSecond);
    rounds.twice.push(twice);
    rounds.lesser.push((Math.min(...shares) / DELIVERIES) * 100);
  }
  await api.stop();
  await sink.end();
  return [
    figure('workers: drained/s by two processes, vs one', {
      value: rounds.two,
      baseline: rounds.single,
      aim: ['ratio', '≥', 1],
    }),
    figure('workers: deliveries sent twice by the two, all rounds', {
      value: [rounds.twice.reduce((sum, twice) => sum + twice, 0)],
      aim: ['value', '≤', 0],
    }),
    figure('workers: % of the deliveries sent by the slower of the two', { value: rounds.lesser }),
  ];
}
