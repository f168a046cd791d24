import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/**
 * kill -9 of the server under a load of creates and deliveries, repeatedly on the same data. Every other time the next
 * load begins before all deliveries are sent: the lane is then taken over from a process that had taken it over itself.
 */
export const killServer: Proof<{ kills: number; creates: number }> = {
  name: 'kill-server',
  promise: 'nothing answered 201 is lost when the server is killed',
  sizes: { small: { kills: 1, creates: 800 }, whole: { kills: 10, creates: 20_000 } },
  async run({ size: { kills, creates }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer });
    for (let kill = 0; kill < kills; kill++) {
      await storm.rage(creates, () => storm.killServer());
      if (kill % 2 === 0) await storm.untilDrained();
      else await storm.untilFlowing();
    }
    return storm.outcome(kills);
  },
};
