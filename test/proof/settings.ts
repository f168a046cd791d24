import { randomInt } from 'node:crypto';
import path from 'node:path';
import { expect, onTestFailed } from 'vitest';
import type { Size } from './proof.ts';

/** PROOF_SIZE and PROOF_SEED are set by `npm run proof`. Not FAIRLEAD_…, since the server refuses unknown names. */
export const SIZE: Size = process.env['PROOF_SIZE'] === 'whole' ? 'whole' : 'small';
/** One seed for the whole run, so that one number repeats it. */
export const SEED = process.env['PROOF_SEED'] ? Number(process.env['PROOF_SEED']) : randomInt(2 ** 31);

/** Which proofs run; null: all. */
export const NAMES = process.env['PROOF_NAMES']?.split(',') ?? null;
/** The timeout of tests that take their size from here: enough for a slow machine. */
export const TIMEOUT_MS = SIZE === 'small' ? 300_000 : 4 * 3_600_000;

/** The command that repeats a proof, or a test file that takes its size from here. */
export function repeatWith(name: string): string {
  return `npm run proof -- ${name} --seed ${SEED} --size ${SIZE}`;
}

/**
 * Parameters of a fast-check property for the running test: the seed of this run, and the number of cases for its size.
 * A failed test prints how to repeat it, even after a timeout.
 */
export function propertySize(runs: Record<Size, number>): { seed: number; numRuns: number } {
  const name = path.basename(expect.getState().testPath ?? '', '.test.ts');
  onTestFailed(() => {
    process.stderr.write(`${name}: repeat with: ${repeatWith(name)}\n`);
  });
  return { seed: SEED, numRuns: runs[SIZE] };
}
