import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeContacts, makeWebhook } from './api.mjs';
import { figure, median } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';

const ROUNDS = 3;
const SMALL = 10_000;
const LARGE = 200_000;
const SECONDS = 5;

/** Resident memory of the server's process: idle, under load, and with a small and a large backlog. */
export async function memory() {
  const sink = await startSink();
  const small = await backlog(sink, SMALL);
  const large = await backlog(sink, LARGE);
  const rounds = { idle: [], load: [], small: [], large: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const { idle, load } = await unburdened();
    rounds.idle.push(idle);
    rounds.load.push(load);
    rounds.small.push(await whileDelivering(sink, small, SMALL));
    rounds.large.push(await whileDelivering(sink, large, LARGE));
  }
  await sink.end();
  return [
    figure('memory: MiB, idle after the start', { value: rounds.idle }),
    figure('memory: MiB, under create load', { value: rounds.load }),
    figure('memory: MiB delivering, 200,000 due vs 10,000', {
      value: rounds.large,
      baseline: rounds.small,
      aim: ['ratio', '≤', 1.25],
    }),
  ];
}

/** A data directory with a backlog for one slow receiver. */
async function backlog(sink, count) {
  const dataDir = await scratch();
  const server = await startServer({ dataDir, services: 'api,web' });
  await makeWebhook(server, `${sink.url}/slow/50/`);
  await makeContacts(server, count);
  await server.stop();
  return dataDir;
}

async function unburdened() {
  const server = await startServer({ dataDir: await scratch() });
  await sleep(2_000);
  const idle = await residentMb(server.pid);
  const load = startHelper('load.mjs');
  const bursting = load.ask('burst', { port: server.port, keys: [server.key], connections: 64, seconds: 3 });
  const underLoad = await sampled(server.pid, 3);
  await bursting;
  await load.end();
  await server.stop();
  return { idle, load: underLoad };
}

/** Measures the server that delivers a backlog, then restores what it delivered. */
async function whileDelivering(sink, dataDir, count) {
  await sink.ask('forget');
  const server = await startServer({ dataDir });
  const resident = await sampled(server.pid, SECONDS);
  const sent = await sink.ask('count');
  await server.stop();
  if (sent < 1_000) throw new Error(`only ${sent} deliveries in ${SECONDS} s: nothing was measured`);
  // For a large backlog the delivered part is negligible.
  if (sent > count / 10) await queue(dataDir, sent);
  return resident;
}

async function queue(dataDir, count) {
  const server = await startServer({ dataDir, services: 'api,web' });
  await makeContacts(server, count);
  await server.stop();
}

/** The median resident memory of a process in MiB, over the second half of the given seconds. */
export async function sampled(pid, seconds) {
  const samples = [];
  await sleep(seconds * 500);
  for (const until = performance.now() + seconds * 500; performance.now() < until; await sleep(50)) {
    samples.push(await residentMb(pid));
  }
  return median(samples);
}

async function residentMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
