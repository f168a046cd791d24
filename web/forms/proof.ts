import { solveChallengeWorkers } from 'altcha-lib';
import type { Challenge } from 'altcha-lib/types';

/**
 * Solves the proof of work of a page, beside the page's own thread.
 * @param challenge JSON
 * @returns what the server checks, as base64; throws where it can not be solved here
 */
export async function solveProof(challenge: string): Promise<string> {
  const requested = JSON.parse(challenge) as Challenge;
  const solution = await solveChallengeWorkers({
    challenge: requested,
    concurrency: Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    createWorker: () => new Worker(new URL('./proof-worker.ts', import.meta.url), { type: 'module' }),
  });
  if (solution === null) throw new Error('the proof of work was not solved in time');
  return btoa(JSON.stringify({ challenge: requested, solution }));
}
