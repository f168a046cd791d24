import { MAX_WINDOW, paceAfter, startPace, type Pace } from '../endpoint/breaker.ts';
import { Rate, type Carried, type RateLimit } from '../endpoint/send-rate.ts';

/** A lane whose rate is used up for longer than this is released until then, in ms. */
const MAX_PAUSE_MS = 2_000;

/** What a lane's new holder starts from. */
export interface Left {
  /** Rests in a row without a success. */
  slowStreak: number;
  /** What counts against the rate. */
  carried: Carried;
  /** If the last holder vanished: how long before the takeover its requests may have begun, in ms. */
  vanishedMs: number | null;
}

/** How fast one webhook is sent to: concurrent requests, its rate, and the breaker's rests. */
export class Throttle {
  readonly #left: Left;
  #pace: Pace;
  /** The streak of rests as the lane's row has it. */
  #keptStreak: number;
  #rate: Rate | undefined;
  #maxInFlight = MAX_WINDOW;

  constructor(left: Left) {
    this.#left = left;
    this.#pace = startPace(left.slowStreak);
    this.#keptStreak = left.slowStreak;
  }

  /** Requests that may be under way at once. */
  get window(): number {
    return Math.min(this.#pace.window, this.#maxInFlight);
  }

  get slowStreak(): number {
    return this.#pace.slowStreak;
  }

  /**
   * Applies the webhook's limits, counting what was begun before. If the last holder vanished that is unknown, and
   * the rate counts as used up.
   */
  set(limits: { maxInFlight: number; rateLimit: RateLimit | null }, now: number): void {
    this.#maxInFlight = limits.maxInFlight;
    const limit = limits.rateLimit;
    if (limit === null) {
      this.#rate = undefined;
      return;
    }
    const { carried, vanishedMs } = this.#left;
    const unknown = vanishedMs !== null && { used: limit.max, forMs: limit.perMs - vanishedMs };
    this.#rate = new Rate(limit, this.#rate?.carried(now) ?? (unknown || carried), now);
  }

  /**
   * How long the next request has to wait, in ms, and whether that is so long that the lane is released meanwhile.
   */
  wait(now: number): { ms: number; isLong: boolean } | null {
    const ms = this.#rate?.waitMs(now) ?? 0;
    return ms > 0 ? { ms, isLong: ms > MAX_PAUSE_MS } : null;
  }

  begin(now: number): void {
    this.#rate?.begin(now);
  }

  /**
   * Adjusts the pace to an outcome.
   * @returns how long the lane should rest, in ms; 0: not at all
   */
  after(outcome: { ok: boolean; status: number | null; retryAfterMs: number | null }): number {
    const { pace, restMs } = paceAfter(this.#pace, outcome);
    this.#pace = pace;
    return restMs;
  }

  /**
   * Whether the breaker closed and the lane's row does not say so yet. Returns true once; the caller then stores it.
   */
  hasClosed(): boolean {
    const closed = this.#pace.slowStreak < this.#keptStreak;
    if (closed) this.#keptStreak = this.#pace.slowStreak;
    return closed;
  }

  /** The streak to store with the lane when it rests. */
  kept(): number {
    this.#keptStreak = this.#pace.slowStreak;
    return this.#keptStreak;
  }

  /** What the next holder needs to know of the rate; null if nothing. */
  carried(now: number): Carried | null {
    const carried = this.#rate?.carried(now);
    return carried && carried.used > 0 ? carried : null;
  }
}
