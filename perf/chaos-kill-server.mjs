import { startStorm } from './storm.mjs';

const KILLS = 10;
const CREATES = 20_000;

/**
 * kill -9 of the server during a storm of creates and deliveries, repeatedly on the same data. Every second time
 * the next storm begins before the previous deliveries are sent: then the lane is taken over from a server that
 * had taken it over and was killed too.
 */
export async function killServer() {
  const storm = await startStorm();
  for (let kill = 0; kill < KILLS; kill++) {
    const before = kill * CREATES;
    const raging = storm.rage(CREATES);
    await storm.untilCreated(before + Math.round(CREATES * (0.2 + 0.6 * Math.random())));
    await storm.killServer();
    await raging;
    if (kill % 2 === 0) await storm.untilDrained();
    else await storm.untilFlowing();
  }
  return storm.verdict({ kills: KILLS });
}
