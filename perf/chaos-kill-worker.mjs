import { startStorm } from './storm.mjs';

const KILLS = 4;
const CREATES = 10_000;

/**
 * kill -9 of the worker while it sends, with the API in a process of its own that goes on. Another worker
 * starts in its place; every other time it is killed too before it has sent what was left.
 */
export async function killWorker() {
  const storm = await startStorm({ workers: 1 });
  for (let kill = 0; kill < KILLS; kill++) {
    const raging = storm.rage(CREATES);
    await storm.untilCreated(kill * CREATES + Math.round(CREATES * (0.2 + 0.6 * Math.random())));
    await storm.killWorker(0);
    await raging;
    if (kill % 2 === 0) await storm.untilDrained();
    else await storm.untilFlowing();
  }
  return storm.verdict({ kills: KILLS });
}
