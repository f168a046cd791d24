import { randomInt } from 'node:crypto';
import path from 'node:path';
import { expect, onTestFailed } from 'vitest';
import type { Size } from './proof.ts';

/** PROOF_SIZE and PROOF_SEED, which `npm run proof` sets; not FAIRLEAD_…, as the server refuses names that it does not know. */
export const SIZE: Size = process.env['PROOF_SIZE'] === 'whole' ? 'whole' : 'small';
/** One for the whole run, so that one number repeats it. */
export const SEED = process.env['PROOF_SEED'] ? Number(process.env['PROOF_SEED']) : randomInt(2 ** 31);

/** Which proofs run; null: all. */
export const NAMES = process.env['PROOF_NAMES']?.split(',') ?? null;
/** For a test that takes its size from here: enough for a slow machine. */
export const TIMEOUT_MS = SIZE === 'small' ? 300_000 : 4 * 3_600_000;

/** What repeats a run of `name`: a proof's, or that of a test file that takes its size from here. */
export function repeatWith(name: string): string {
  return `npm run proof -- ${name} --seed ${SEED} --size ${SIZE}`;
}

/**
 * Parameters of a fast-check property, for a test that is running: the seed of this run, and as many cases as
 * its size wants. A test that fails says how to repeat it, even where its time ran out.
 */
export function propertySize(runs: Record<Size, number>): { seed: number; numRuns: number } {
  const name = path.basename(expect.getState().testPath ?? '', '.test.ts');
  onTestFailed(() => {
    process.stderr.write(`${name}: repeat with: ${repeatWith(name)}\n`);
  });
  return { seed: SEED, numRuns: runs[SIZE] };
}
