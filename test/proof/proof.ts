import type { Random } from './random.ts';

/** `small` takes seconds and runs in `npm test`; `whole` takes minutes and runs in `npm run proof`. */
export type Size = 'small' | 'whole';

/** What a proof runs with. */
export interface Run<T> {
  /** The parameters of the size that runs. */
  size: T;
  /** The only source of randomness: the same seed makes the same choices. */
  random: Random;
  /** Logs the progress. */
  log(line: string): void;
  /** Registers a clean-up; clean-ups run in reverse order, also after a failure. */
  defer(undo: () => unknown): void;
}

/** The result of a proof. */
export interface Result {
  /** One line of counts. */
  counts: string;
  /** Violations of the promise, one sentence each; empty: it held. */
  faults: string[];
}

/** A long check of a promise, randomised or exhaustive. Its name is that of its file. */
export interface Proof<T = unknown> {
  name: string;
  /** One falsifiable sentence. */
  promise: string;
  sizes: Record<Size, T>;
  /** Why this machine cannot run it, or null. */
  skip?(): string | null;
  run(run: Run<T>): Promise<Result>;
}
