import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, isHealthy, signal } from './processes.ts';
import type { Proof } from './proof.ts';
import { oddAnswers, startStorm } from './storm.ts';

/**
 * PostgreSQL is paused: connections stay open without answers. A request waits 5 s, and must then be answered; requests in
 * progress must not be lost.
 */
export const postgresGone: Proof<{ creates: number; goneMs: number; answerMs: number }> = {
  name: 'postgres-gone',
  promise: 'while PostgreSQL is paused, requests are answered 503 with Retry-After, and nothing is lost',
  sizes: {
    // The pause is much longer than a request may wait, to tell bounded waiting from none.
    small: { creates: 800, goneMs: 16_000, answerMs: 12_000 },
    whole: { creates: 20_000, goneMs: 20_000, answerMs: 10_000 },
  },
  async run({ size: { creates, goneMs, answerMs }, random, log, defer }) {
    const storm = await startStorm({ random, log, defer });
    const postmaster = await storm.home.postgres();
    if (postmaster === null) throw new Error('there is no PostgreSQL to stop');
    let healthy = false;
    await storm.rage(creates, async () => {
      const stopped = await stopAll(postmaster);
      const resume = () => stopped.forEach((pid) => signal(pid, 'SIGCONT'));
      defer(resume);
      await storm.underWay('PostgreSQL stopped');
      await sleep(goneMs / 2);
      healthy = await isHealthy(storm.server.url);
      await sleep(goneMs / 2);
      resume();
    });
    const outcome = await storm.outcome(1);
    const { refused, longestMs, unknown } = outcome.clients;
    const faults = [
      ...oddAnswers(outcome.clients),
      healthy ? '' : 'healthz did not answer meanwhile',
      refused['503'] ? '' : 'no request was refused: PostgreSQL was never paused',
      longestMs <= answerMs ? '' : `a request waited ${(longestMs / 1000).toFixed(1)} s for its answer`,
      unknown === 0 ? '' : `${unknown} connections broke`,
    ];
    return { ...outcome, faults: [...outcome.faults, ...faults.filter(Boolean)] };
  },
};

/** Stops the main process first, so that it starts no more children, and then its children. */
async function stopAll(postmaster: number): Promise<number[]> {
  signal(postmaster, 'SIGSTOP');
  const children = await childrenOf(postmaster);
  for (const pid of children) signal(pid, 'SIGSTOP');
  return [...children, postmaster];
}
