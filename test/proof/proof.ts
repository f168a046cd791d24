import type { Random } from './random.ts';

/** `small` takes seconds and runs in `npm test`; `whole` takes minutes and runs in `npm run proof`. */
export type Size = 'small' | 'whole';

/** What a proof is given. */
export interface Run<T> {
  /** The numbers of the size that runs. */
  size: T;
  /** The only source of randomness: the same seed makes the same choices. */
  random: Random;
  /** Says what happens meanwhile. */
  log(line: string): void;
  /** Undone in reverse at the end, whether or not the proof held. */
  defer(undo: () => unknown): void;
}

/** What a proof found. */
export interface Result {
  /** One line of counts. */
  counts: string;
  /** What broke the promise, a sentence each; none: it held. */
  faults: string[];
}

/** A long check of a promise, by chance or over all cases. Its name is that of its file. */
export interface Proof<T = unknown> {
  name: string;
  /** One sentence, which the proof can refute. */
  promise: string;
  sizes: Record<Size, T>;
  /** A reason why this machine cannot run it, or null. */
  skip?(): string | null;
  run(run: Run<T>): Promise<Result>;
}
