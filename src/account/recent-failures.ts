/** How long a failure counts, in milliseconds. */
const FORGET_AFTER_MS = 5 * 60_000;
/** Maximum number of remembered sources; the least recently seen is dropped first. */
const MAX_SOURCES = 10_000;

/** Recent failures and turns by address or network; in the memory of this process. */
export interface RecentFailures {
  recordFailure(source: string): void;
  /** Number of failures with less than five minutes between them; 0 five minutes after the last. */
  failuresOf(source: string): number;
  recordTurn(source: string): void;
  /** A number that increases with every turn; 0 if there was none. */
  lastTurnOf(source: string): number;
}

interface Seen {
  failures: number;
  failedAt: number;
  turn: number;
}

/** @param now milliseconds */
export function makeRecentFailures(now: () => number): RecentFailures {
  const seen = new Map<string, Seen>();
  let turns = 0;

  function note(source: string, change: Partial<Seen>): void {
    const before = seen.get(source) ?? { failures: 0, failedAt: 0, turn: 0 };
    seen.delete(source);
    seen.set(source, { ...before, ...change });
    if (seen.size > MAX_SOURCES) seen.delete(seen.keys().next().value!);
  }

  function failuresOf(source: string): number {
    const { failures = 0, failedAt = 0 } = seen.get(source) ?? {};
    return now() - failedAt < FORGET_AFTER_MS ? failures : 0;
  }

  return {
    failuresOf,
    recordFailure: (source) => note(source, { failures: failuresOf(source) + 1, failedAt: now() }),
    recordTurn: (source) => note(source, { turn: (turns += 1) }),
    lastTurnOf: (source) => seen.get(source)?.turn ?? 0,
  };
}
