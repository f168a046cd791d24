import { MAX_WINDOW, paceAfter, startPace, type Pace } from './breaker.ts';
import { Rate, type Carried, type RateLimit } from './rate.ts';

/** A lane whose rate is used up for longer than this is let go until then, in ms. */
const MAX_PAUSE_MS = 2_000;

/** How a lane's new holder finds it. */
export interface Left {
  /** Rests in a row without a success. */
  slowStreak: number;
  /** What counts against the rate. */
  carried: Carried;
  /** The last holder vanished; so long its requests may have begun before the lane could be taken over, in ms. */
  vanishedMs: number | null;
}

/** How fast one webhook is sent to: requests at once, its rate, and the breaker's rests. */
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

  /** Takes up what the webhook says, with what was begun before. Of a holder that vanished nobody knows: all of it. */
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

  /** How long the next request has to wait, in ms; and whether that is so long that the lane is let go meanwhile. */
  wait(now: number): { ms: number; isLong: boolean } | null {
    const ms = this.#rate?.waitMs(now) ?? 0;
    return ms > 0 ? { ms, isLong: ms > MAX_PAUSE_MS } : null;
  }

  begin(now: number): void {
    this.#rate?.begin(now);
  }

  /** Takes the pace from what came back. @returns for how long the lane should rest, in ms; 0: not at all */
  after(outcome: { ok: boolean; status: number | null; retryAfterMs: number | null }): number {
    const { pace, restMs } = paceAfter(this.#pace, outcome);
    this.#pace = pace;
    return restMs;
  }

  /** Whether the lane's row does not know yet that the breaker is closed. Asked once, it counts as told. */
  hasClosed(): boolean {
    const closed = this.#pace.slowStreak < this.#keptStreak;
    if (closed) this.#keptStreak = this.#pace.slowStreak;
    return closed;
  }

  /** The streak to keep with the lane as it rests. */
  kept(): number {
    this.#keptStreak = this.#pace.slowStreak;
    return this.#keptStreak;
  }

  /** What the next holder has to know of the rate; null where there is nothing. */
  carried(now: number): Carried | null {
    const carried = this.#rate?.carried(now);
    return carried && carried.used > 0 ? carried : null;
  }
}
