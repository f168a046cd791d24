import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_MS } from '../../src/delivery/queue/claim.ts';
import { metric, signal, type Process } from './processes.ts';
import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/**
 * One of two workers is stopped (SIGSTOP) past its lease while it sends. The other takes over; then the first one
 * continues (SIGCONT) as if it still held the lane.
 */
export const pauseWorker: Proof<{ pauses: number; creates: number; pauseMs: number }> = {
  name: 'pause-worker',
  promise: 'no event is lost when a worker pauses past its lease and then continues',
  sizes: {
    small: { pauses: 1, creates: 800, pauseMs: LEASE_MS + 2_500 },
    whole: { pauses: 3, creates: 10_000, pauseMs: LEASE_MS + 5_000 },
  },
  async run({ size: { pauses, creates, pauseMs }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer }, { workers: 2 });
    const faults: string[] = [];
    for (let pause = 0; pause < pauses; pause++) {
      const holder = await storm.rage(creates, async () => {
        const found = await holderOf(storm.working);
        signal(found.pid, 'SIGSTOP');
        await storm.underWay('worker paused');
        return found;
      });
      const other = storm.working.find((worker) => worker !== holder)!;
      await sleep(pauseMs);
      if ((await metric(other, 'fairlead_lane_takeovers_total')) === 0) faults.push('no takeover');
      signal(holder.pid, 'SIGCONT');
      await storm.untilDrained();
    }
    for (const worker of storm.working)
      log(`${await metric(worker, 'fairlead_settles_refused_total')} outcomes of a paused worker refused`);
    const outcome = await storm.outcome(pauses);
    return { ...outcome, faults: [...outcome.faults, ...faults] };
  },
};

/** The worker that holds the webhook's lane. */
async function holderOf(workers: Process[]): Promise<Process> {
  for (let tries = 0; tries < 1_000; tries++) {
    for (const worker of workers) if ((await metric(worker, 'fairlead_lanes_held')) > 0) return worker;
    await sleep(10);
  }
  throw new Error('no worker holds the webhook');
}
