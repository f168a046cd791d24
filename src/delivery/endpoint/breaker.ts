/**
 * How many requests a lane may send its receiver at once, derived from the outcomes. The window is the number of
 * requests in flight. It grows by one with each success and halves with each failure. A healthy receiver is at full
 * width after a few round trips, and a dead one holds few connections.
 *
 * If a receiver answers 429, 502, 503 or 504, or fails often in a row, the breaker opens and the lane rests.
 * Afterwards the breaker is half-open: one request goes as a probe. If it succeeds the breaker closes; if not, the
 * next rest is twice as long. A rest uses up no attempts.
 */
export interface Pace {
  window: number;
  /** Rests in a row without a success; above zero means half-open. */
  slowStreak: number;
  /** Failures in a row that the receiver caused: no answer, or a 5xx. */
  failed: number;
}

/** The most requests in flight to one webhook. */
export const MAX_WINDOW = 64;
const FIRST_WINDOW = 4;

/** Failures in a row that open the breaker: as many as may be under way at once. */
export const BREAKS_AFTER = 64;
/** Short enough to fit between any two attempts of the longest schedules, which it must not stretch. */
const FIRST_REST_MS = 1_000;
const MAX_REST_MS = 60_000;

export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;

/** SQL: the breaker's state of a lane `l`; it is stored with the lane. */
export const BREAKER_STATE = `case when l.slow_streak = 0 then 'closed' when l.not_before > now() then 'open' else 'half_open' end`;

export function startPace(slowStreak: number): Pace {
  return { window: slowStreak > 0 ? 1 : FIRST_WINDOW, slowStreak, failed: 0 };
}

/**
 * The pace after an attempt, and how long the whole lane should rest, in milliseconds (0: not at all). Each rest in a
 * row is twice as long, up to a minute, and at least as long as Retry-After says.
 */
export function paceAfter(
  pace: Pace,
  outcome: { ok: boolean; status: number | null; retryAfterMs: number | null },
): { pace: Pace; restMs: number } {
  if (outcome.ok) {
    return { pace: { window: Math.min(MAX_WINDOW, pace.window + 1), slowStreak: 0, failed: 0 }, restMs: 0 };
  }
  const { status } = outcome;
  const slow = status !== null && [429, 502, 503, 504].includes(status);
  // A receiver that says what is wrong with a request is healthy: a 4xx closes the breaker, and a redirect too.
  const ailing = slow || status === null || status >= 500;
  const failed = ailing ? pace.failed + 1 : 0;
  const slowStreak = ailing ? pace.slowStreak : 0;
  if (!slow && failed < BREAKS_AFTER && slowStreak === 0) {
    return { pace: { window: Math.max(1, Math.floor(pace.window / 2)), slowStreak, failed }, restMs: 0 };
  }
  const backoff = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** Math.min(slowStreak, 10));
  return {
    pace: { window: 1, slowStreak: slowStreak + 1, failed },
    restMs: Math.max(backoff, outcome.retryAfterMs ?? 0),
  };
}
