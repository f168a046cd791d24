/** At most `max` requests begun within any `perMs` milliseconds. */
export interface RateLimit {
  max: number;
  perMs: number;
}

/** Requests that an earlier holder began, and that still count for `forMs` milliseconds. */
export interface Carried {
  used: number;
  forMs: number;
}

/**
 * Enforces a rate exactly: it remembers when each request of the span began, so that no span of that length ever has
 * more, wherever it starts. Times are monotonic milliseconds, given by the caller.
 */
export class Rate {
  readonly limit: RateLimit;
  /** When each request that still counts began, oldest first. */
  readonly #begun: number[] = [];

  constructor(limit: RateLimit, carried: Carried, now: number) {
    this.limit = limit;
    // All count as late as the last one: too slow is better than too fast.
    const at = now + carried.forMs - limit.perMs;
    if (carried.forMs > 0) this.#begun = Array.from({ length: Math.min(carried.used, limit.max) }, () => at);
  }

  /** How long the next request has to wait, in milliseconds; 0 if not at all. */
  waitMs(now: number): number {
    this.#forget(now);
    if (this.#begun.length < this.limit.max) return 0;
    return this.#begun.at(-this.limit.max)! + this.limit.perMs - now;
  }

  begin(now: number): void {
    this.#begun.push(now);
  }

  /** What the next holder needs to know. */
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
