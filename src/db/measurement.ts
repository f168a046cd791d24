import { TIMEOUT_MS, withTimeout } from './pool.ts';

/** How long a measurement is reused, in milliseconds: one page of metrics queries the database once. */
const FRESH_MS = 5_000;

/** The end of the help text of a metric that is measured in the database. */
export const PER_DATABASE =
  'Per database: every process reports the same, so take the maximum, never the sum.';

/**
 * Makes a function that measures at most every five seconds, for the gauges of one page of metrics.
 * @returns null if the database cannot be reached
 */
export function reusedMeasurement<T>(measure: () => Promise<T>): () => Promise<T | null> {
  let measured: Promise<T | null> | undefined;
  let measuredAt = -Infinity;
  return () => {
    if (measured && performance.now() - measuredAt < FRESH_MS) return measured;
    measuredAt = performance.now();
    measured = withTimeout(measure(), TIMEOUT_MS).catch(() => null);
    return measured;
  };
}
