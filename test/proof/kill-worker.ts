import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/**
 * kill -9 of the worker while it sends; the API continues in a process of its own. Another worker replaces it, and every
 * other time is killed too before it has sent the remaining deliveries.
 */
export const killWorker: Proof<{ kills: number; creates: number }> = {
  name: 'kill-worker',
  promise: 'no event is lost when the worker that sends it is killed',
  sizes: { small: { kills: 1, creates: 800 }, whole: { kills: 4, creates: 10_000 } },
  async run({ size: { kills, creates }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer }, { workers: 1 });
    for (let kill = 0; kill < kills; kill++) {
      await storm.rage(creates, () => storm.killWorker(0));
      await storm.replaceWorker(0);
      if (kill % 2 === 0) await storm.untilDrained();
      else await storm.untilFlowing();
    }
    const outcome = await storm.outcome(kills);
    const { unknown, refused } = outcome.clients;
    const faults = unknown > 0 || Object.keys(refused).length > 0 ? ['the API did not continue'] : [];
    return { ...outcome, faults: [...outcome.faults, ...faults] };
  },
};
