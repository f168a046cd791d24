import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, signal } from './processes.ts';
import type { Proof } from './proof.ts';
import { startStorm } from './storm.ts';

/** With `synchronous_commit=off` the log is written every 200 ms: the kill falls anywhere between two writes. */
const WAL_WRITER_DELAY_MS = 200;

/**
 * kill -9 of all processes of PostgreSQL at once, under load. What it had only in its memory is lost: a change whose log
 * was not written before the answer is then missing. The server must survive and recover by itself.
 */
export const killPostgres: Proof<{ kills: number; creates: number }> = {
  name: 'kill-postgres',
  promise: 'nothing answered 201 is lost when PostgreSQL is killed, and the same server continues',
  sizes: { small: { kills: 1, creates: 800 }, whole: { kills: 6, creates: 10_000 } },
  async run({ size: { kills, creates }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer });
    for (let kill = 0; kill < kills; kill++) {
      const postmaster = await storm.home.postgres();
      if (postmaster === null) throw new Error('there is no PostgreSQL to kill');
      const waitMs = random.between(0, WAL_WRITER_DELAY_MS);
      await storm.rage(creates, async () => {
        await sleep(waitMs);
        const killed = await killAll(postmaster);
        await storm.underWay(`${killed} processes of PostgreSQL killed`);
      });
      await storm.untilDrained();
      if (storm.server.ended) throw new Error('the server did not survive');
    }
    return storm.outcome(kills);
  },
};

/**
 * Stops the main process, so that it starts no more children and ends none in order. Then kills the writer of the log
 * before those whose changes it would still write.
 */
async function killAll(postmaster: number): Promise<number> {
  signal(postmaster, 'SIGSTOP');
  const children = await childrenOf(postmaster);
  const titles = await Promise.all(
    children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  const isWriter = (_pid: number, n: number) => titles[n]!.includes('walwriter');
  const writers = children.filter(isWriter);
  if (writers.length !== 1) throw new Error('the process that writes the log of PostgreSQL was not found');
  const all = new Set([...writers, ...children, postmaster]);
  for (const pid of all) signal(pid, 'SIGKILL');
  return all.size;
}
