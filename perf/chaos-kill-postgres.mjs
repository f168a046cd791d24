import { postmasterPid } from './scratch.mjs';
import { startStorm } from './storm.mjs';

const KILLS = 3;
const CREATES = 20_000;

/** kill -9 of PostgreSQL's main process during a storm; the server has to survive and recover by itself. */
export async function killPostgres() {
  const storm = await startStorm();
  const { pid } = storm.server;
  for (let kill = 0; kill < KILLS; kill++) {
    const raging = storm.rage(CREATES);
    await storm.untilCreated(kill * CREATES + CREATES / 2);
    const postmaster = await postmasterPid(storm.server.dataDir);
    if (postmaster === null) throw new Error('there is no PostgreSQL to kill');
    process.kill(postmaster, 'SIGKILL');
    await raging;
    await storm.untilDrained();
    if (!storm.server.alive || storm.server.pid !== pid) throw new Error('the server did not survive');
  }
  return storm.verdict({ kills: KILLS, notes: [`the same server (pid ${pid}) throughout`] });
}
