/**
 * How hard a lane may press its receiver, worked out from what came back. The window is the number of
 * requests in flight: it opens by one with each success and halves with each failure, so a healthy
 * receiver is at full width after a few round trips and a dead one holds few connections.
 *
 * A receiver that answers 429, 502, 503 or 504, or that fails often in a row, gets a rest: the breaker is open. After it
 * the breaker is half-open: one request goes as a probe. If that comes through the breaker closes; if not, the rest is
 * twice as long. Resting uses up no attempt of what waits.
 */
export interface Pace {
  window: number;
  /** Rests in a row without a success; more than none means half-open. */
  slowStreak: number;
  /** Failures in a row that were the receiver's: no answer, or a 5xx. */
  failed: number;
}

/** The most requests in flight to one webhook. */
export const MAX_WINDOW = 64;
const FIRST_WINDOW = 4;

/** So many failures in a row open the breaker: as many as may be under way at once. */
export const BREAKS_AFTER = 64;
/** Short enough to fit between any two attempts of the longest schedules, which it shall not stretch. */
const FIRST_REST_MS = 1_000;
const MAX_REST_MS = 60_000;

export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;

/** SQL: the state of the breaker of a lane `l`, which is kept with it. */
export const BREAKER_STATE = `case when l.slow_streak = 0 then 'closed' when l.not_before > now() then 'open' else 'half_open' end`;

export function startPace(slowStreak: number): Pace {
  return { window: slowStreak > 0 ? 1 : FIRST_WINDOW, slowStreak, failed: 0 };
}

/**
 * The pace after an attempt, and for how long the whole lane should rest, in milliseconds (0: not at all): twice as
 * long each time in a row, up to a minute, and at least as long as Retry-After says.
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
  // Whoever says what is wrong with a request is well: a 4xx closes the breaker, and a redirect too.
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
