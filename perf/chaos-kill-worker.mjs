import { startStorm } from './storm.mjs';

const KILLS = 4;
const CREATES = 10_000;

/**
 * kill -9 of the worker while it sends; the API runs in a separate process. Another worker starts in its place;
 * every second time it is killed too before it has sent the rest.
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
