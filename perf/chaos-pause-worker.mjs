import { setTimeout as sleep } from 'node:timers/promises';
import { metric } from './server.mjs';
import { startStorm } from './storm.mjs';

const PAUSES = 3;
const CREATES = 10_000;
/** Longer than a lease, which is 15 s. */
const PAUSE_MS = 20_000;

/**
 * Of two workers the one that sends is stopped (SIGSTOP) past its lease and the other takes over. Then the first
 * continues (SIGCONT), as if it still held the webhook.
 */
export async function pauseWorker() {
  const storm = await startStorm({ workers: 2 });
  const faults = [];
  let refused = 0;
  for (let pause = 0; pause < PAUSES; pause++) {
    const raging = storm.rage(CREATES);
    await storm.untilCreated(pause * CREATES + CREATES / 2);
    const holder = await holding(storm.working);
    const other = storm.working.find((worker) => worker !== holder);
    process.kill(holder.pid, 'SIGSTOP');
    await sleep(PAUSE_MS);
    if ((await metric(other, 'fairlead_lane_takeovers_total')) === 0) faults.push('no takeover');
    process.kill(holder.pid, 'SIGCONT');
    await raging;
    await storm.untilDrained();
    refused = 0;
    for (const worker of storm.working) refused += await metric(worker, 'fairlead_settles_refused_total');
  }
  const notes = [`${refused} outcomes of the paused worker were refused`];
  return { ...(await storm.verdict({ kills: PAUSES, notes })), faults };
}

/** The worker that holds the webhook's lane. */
async function holding(/** @type {import('./server.mjs').Server[]} */ workers) {
  for (let tries = 0; tries < 200; tries++) {
    for (const worker of workers) if ((await metric(worker, 'fairlead_lanes_held')) > 0) return worker;
    await sleep(10);
  }
  throw new Error('no worker holds the webhook');
}
