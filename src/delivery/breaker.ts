/**
 * How hard a lane may press its receiver, worked out from what came back. The window is the number of
 * requests in flight: it opens by one with each success and halves with each failure, so a healthy
 * receiver is at full width after a few round trips and a dead one holds few connections.
 */
export interface Pace {
  window: number;
  /** Slow-downs in a row that the receiver asked for. */
  slowStreak: number;
}

/** The most requests in flight to one webhook. */
export const MAX_WINDOW = 64;
const FIRST_WINDOW = 4;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export function startPace(slowStreak: number): Pace {
  return { window: slowStreak > 0 ? 1 : FIRST_WINDOW, slowStreak };
}

/**
 * The pace after an attempt, and for how long the whole lane should rest, in milliseconds (0: not at all).
 * 429, 502, 503 and 504 slow the webhook down: twice as long each time in a row, up to a minute, and at
 * least as long as Retry-After says. Resting uses up no attempt of what waits.
 */
export function paceAfter(
  pace: Pace,
  outcome: { ok: boolean; status: number | null; retryAfterMs: number | null },
): { pace: Pace; restMs: number } {
  if (outcome.ok) {
    return { pace: { window: Math.min(MAX_WINDOW, pace.window + 1), slowStreak: 0 }, restMs: 0 };
  }
  const window = Math.max(1, Math.floor(pace.window / 2));
  if (outcome.status === null || ![429, 502, 503, 504].includes(outcome.status)) {
    return { pace: { window, slowStreak: pace.slowStreak }, restMs: 0 };
  }
  const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(pace.slowStreak, 10));
  return {
    pace: { window: 1, slowStreak: pace.slowStreak + 1 },
    restMs: Math.max(backoff, outcome.retryAfterMs ?? 0),
  };
}
