import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/** The receiver refuses every connection for a while under load, and then accepts them again. */
export const receiverDown: Proof<{ creates: number; downMs: number; intervalsS: number[] }> = {
  name: 'receiver-down',
  promise: 'events that a receiver missed arrive when it is back',
  sizes: {
    // Short intervals, so that failed deliveries are not due hours later.
    small: { creates: 800, downMs: 2_500, intervalsS: [1, 1, 2, 2, 5, 5, 5, 5, 5, 5] },
    whole: { creates: 20_000, downMs: 60_000, intervalsS: [5, 10, 20, 30, 30, 30, 30, 30, 30, 30] },
  },
  async run({ size: { creates, downMs, intervalsS }, random, log, defer }) {
    const retry = { max: intervalsS.length, intervals_s: intervalsS };
    const storm = await startStorm({ random, log, defer }, { webhook: { retry } });
    await storm.rage(creates, () => storm.receiver.down());
    await sleep(downMs);
    await storm.underWay('receiver still down');
    await storm.receiver.back();
    const since = performance.now();
    const secondsSince = (): string => ((performance.now() - since) / 1000).toFixed(0);
    await storm.untilFlowing(120_000);
    const first = secondsSince();
    await storm.untilDrained(180_000);
    log(`back: the first came after ${first} s, the last after ${secondsSince()} s`);
    // Requests on the connections that broke were received, but not answered.
    return storm.outcome(1);
  },
};
