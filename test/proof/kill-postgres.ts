import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/** kill -9 of PostgreSQL's main process under load; the server must survive and recover by itself. */
export const killPostgres: Proof<{ kills: number; creates: number }> = {
  name: 'kill-postgres',
  promise: 'nothing answered 201 is lost when PostgreSQL is killed, and the same server continues',
  sizes: { small: { kills: 1, creates: 800 }, whole: { kills: 3, creates: 20_000 } },
  async run({ size: { kills, creates }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer });
    for (let kill = 0; kill < kills; kill++) {
      const postmaster = await storm.home.postgres();
      if (postmaster === null) throw new Error('there is no PostgreSQL to kill');
      await storm.rage(creates, async () => {
        process.kill(postmaster, 'SIGKILL');
        await storm.underWay('PostgreSQL killed');
      });
      await storm.untilDrained();
      if (storm.server.ended) throw new Error('the server did not survive');
    }
    return storm.outcome(kills);
  },
};
