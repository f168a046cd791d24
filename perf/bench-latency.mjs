import { setTimeout as sleep } from 'node:timers/promises';
import { makeWebhook } from './api.mjs';
import { figure, percentile } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink, untilReceived } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';

const ROUNDS = 3;
const SECONDS = 7;
const PER_SECOND = 100;

/**
 * From a contact's creation to its webhook at the receiver, at a low steady rate. The commit is between the
 * request and its response: the time is too short from the response, too long from the request.
 */
export async function latency() {
  const sink = await startSink();
  const load = startHelper('load.mjs');
  const server = await startServer({ dataDir: await scratch() });
  await makeWebhook(server, `${sink.url}/latency`);
  const trickle = (seconds) =>
    load.ask('steady', { port: server.port, key: server.key, perSecond: PER_SECOND, seconds });
  await trickle(2);
  await sleep(500);

  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sink.ask('forget');
    const answered = await trickle(SECONDS);
    await untilReceived(sink, answered.length);
    const { contacts, at } = await sink.ask('all');
    const arrival = new Map(contacts.map((id, n) => [id, at[n]]));
    rounds.push({
      fromAnswer: answered.map(([id, , answeredAt]) => Math.max(0, arrival.get(id) - answeredAt)),
      fromRequest: answered.map(([id, sentAt]) => arrival.get(id) - sentAt),
    });
  }
  await load.end();
  await sink.end();
  await server.stop();

  const valuesOf = (which, p) => rounds.map((round) => percentile(round[which], p));
  return [
    figure('latency: response → received, p50 ms at 100/s', {
      value: valuesOf('fromAnswer', 50),
      aim: ['value', '≤', 10],
    }),
    figure('latency: response → received, p99 ms', { value: valuesOf('fromAnswer', 99) }),
    figure('latency: request → received, p50 ms', {
      value: valuesOf('fromRequest', 50),
      aim: ['value', '≤', 10],
    }),
    figure('latency: request → received, p99 ms', { value: valuesOf('fromRequest', 99) }),
  ];
}
