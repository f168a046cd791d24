import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { LEASE_MS } from './claim.ts';

/** Sending stops this long before the lease ends by this process's clock. */
export const LEASE_MARGIN_MS = 2_000;

/** A holder's lease on a lane, as the holder knows it. */
export class Lease {
  readonly token: Uuid;
  readonly #clock: Clock;
  /** Monotonic time after which nothing more is sent. */
  #deadline = -Infinity;
  #lost = false;

  /** @param requestedAt monotonic time before the claim was sent to the database */
  constructor(token: Uuid, clock: Clock, requestedAt: number) {
    this.token = token;
    this.#clock = clock;
    this.extend(requestedAt);
  }

  /** Whether the lane may still be sent on. */
  holds(): boolean {
    return !this.#lost && this.#clock.monotonic() < this.#deadline;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Whether the deadline passed more than a whole lease ago, as in an outage of the database. */
  get isLongOver(): boolean {
    return this.#clock.monotonic() > this.#deadline + LEASE_MS;
  }

  /** @param requestedAt monotonic time before the renewal was sent to the database */
  extend(requestedAt: number): void {
    this.#deadline = requestedAt + LEASE_MS - LEASE_MARGIN_MS;
  }

  lose(): void {
    this.#lost = true;
  }
}
