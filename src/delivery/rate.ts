/** At most `max` requests begun within any `perMs` milliseconds. */
export interface RateLimit {
  max: number;
  perMs: number;
}

/** Requests begun before, by somebody else, that go on counting for `forMs` milliseconds. */
export interface Carried {
  used: number;
  forMs: number;
}

/**
 * Keeps to a rate exactly: it remembers when each request of the span began, so no span of that length, wherever it
 * starts, ever holds more. Times are monotonic milliseconds, handed in.
 */
export class Rate {
  readonly limit: RateLimit;
  /** When each began that still counts, oldest first. */
  readonly #begun: number[] = [];

  constructor(limit: RateLimit, carried: Carried, now: number) {
    this.limit = limit;
    // All of them as late as the last: rather too slow than too fast.
    const at = now + carried.forMs - limit.perMs;
    if (carried.forMs > 0) this.#begun = Array.from({ length: Math.min(carried.used, limit.max) }, () => at);
  }

  /** How long the next request has to wait, in milliseconds; 0 where it need not. */
  waitMs(now: number): number {
    this.#forget(now);
    if (this.#begun.length < this.limit.max) return 0;
    return this.#begun.at(-this.limit.max)! + this.limit.perMs - now;
  }

  begin(now: number): void {
    this.#begun.push(now);
  }

  /** What whoever goes on has to know. */
  carried(now: number): Carried {
    this.#forget(now);
    const last = this.#begun.at(-1);
    if (last === undefined) return { used: 0, forMs: 0 };
    return { used: this.#begun.length, forMs: last + this.limit.perMs - now };
  }

  #forget(now: number): void {
    const from = this.#begun.findIndex((at) => at + this.limit.perMs > now);
    if (from !== 0) this.#begun.splice(0, from < 0 ? this.#begun.length : from);
  }
}
