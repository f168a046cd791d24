import type { DueDelivery } from '../queue/claim.ts';
import type { DeliverParts } from './deliver.ts';
import { disable } from './outcome-handling.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

/** Counts failed attempts in a row on a held lane. */
export class FailureCount {
  #failures: number;

  /** @param stored as the lane's row has it */
  constructor(stored: number) {
    this.#failures = stored;
  }

  /** The webhook was changed, which resets the stored count too (endpoint-change.ts). */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Counts an outcome, and disables the webhook at `disableAfter` failures in a row. This happens before the outcome is
   * settled: a crash in between leads to one more failed attempt at most. Tests are not counted.
   * @returns failures in a row with this one; null if they are not counted
   */
  async add(
    parts: Pick<DeliverParts, 'endpoints' | 'log'>,
    endpoint: Endpoint,
    due: DueDelivery,
    ok: boolean,
  ): Promise<number | null> {
    const limit = endpoint.disableAfter;
    if (limit === null || due.kind === 'test' || endpoint.state !== 'active') return null;
    this.#failures = ok ? 0 : this.#failures + 1;
    const cause = { reason: `${limit} attempts in a row failed.`, failures: limit };
    if (this.#failures >= limit) await disable(parts, endpoint, cause);
    return this.#failures;
  }
}
