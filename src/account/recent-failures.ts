/** How long a failure counts, in milliseconds. */
const MEMORY_MS = 5 * 60_000;
/** Sources that are remembered; the one that was seen longest ago is forgotten first. */
const MAX_SOURCES = 10_000;

/** Who has failed and who had a turn lately, by address or network; in the memory of this process. */
export interface RecentFailures {
  noteFailure(source: string): void;
  /** Failures with less than five minutes from one to the next; 0 five minutes after the last. */
  failuresOf(source: string): number;
  noteTurn(source: string): void;
  /** A number that grows from turn to turn; 0 where there was none. */
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
    return now() - failedAt < MEMORY_MS ? failures : 0;
  }

  return {
    failuresOf,
    noteFailure: (source) => note(source, { failures: failuresOf(source) + 1, failedAt: now() }),
    noteTurn: (source) => note(source, { turn: (turns += 1) }),
    lastTurnOf: (source) => seen.get(source)?.turn ?? 0,
  };
}
