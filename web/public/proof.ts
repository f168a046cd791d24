import { solveChallengeWorkers } from 'altcha-lib';
import type { Challenge } from 'altcha-lib/types';

/**
 * Solves the proof of work of a page in web workers.
 * @param challenge JSON
 * @returns the solution for the server, as base64; throws if it cannot be solved
 */
export async function solveProof(challenge: string): Promise<string> {
  const parsed = JSON.parse(challenge) as Challenge;
  const solution = await solveChallengeWorkers({
    challenge: parsed,
    concurrency: Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)),
    createWorker: () => new Worker(new URL('./proof-worker.ts', import.meta.url), { type: 'module' }),
  });
  if (solution === null) throw new Error('the proof of work was not solved in time');
  return btoa(JSON.stringify({ challenge: parsed, solution }));
}
