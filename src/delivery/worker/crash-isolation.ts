import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Claimed, DueDelivery, Held, Lanes } from '../queue/claim.ts';
import type { Lease } from '../queue/lease.ts';
import type { SendBudget } from './send-budget.ts';
import type { Settlement } from '../queue/settle.ts';

/** Holders in a row that vanished before the lane's deliveries are isolated. */
const ISOLATE_AFTER = 2;
/** Deliveries sent alone without a crash before the lane is sent at full width again. */
const REJOIN_AFTER = 50;
/** Crashes with the same delivery alone in flight before it is parked. */
const PARK_AFTER = 2;

export interface IsolationParts {
  lanes: Lanes;
  budget: SendBudget;
  clock: Clock;
  log: Logger;
  newId: () => Uuid;
}

/** What the lane does with a delivery whose turn has come. */
export interface IsolatedTurn {
  send(): Promise<void>;
  /** Settles it without sending it. */
  park(settlement: Settlement): Promise<void>;
  /** The turn is over, whatever came of it. */
  ended(): void;
}

/**
 * Poison-message isolation. A lane whose holders keep vanishing is sent one delivery at a time, so that a crash is
 * counted against a single delivery. One that was alone in flight in two crashes is parked.
 */
export class CrashIsolation {
  readonly #parts: IsolationParts;
  readonly #held: Held;
  readonly #claimed: Claimed;
  #isolated: boolean;
  /** Of the claimed suspect, with the crash that led to this takeover. */
  #suspectCrashes = 0;
  #sentWithoutCrash = 0;

  constructor(parts: IsolationParts, held: Held, claimed: Claimed) {
    this.#parts = parts;
    this.#held = held;
    this.#claimed = claimed;
    this.#isolated = claimed.takeovers >= ISOLATE_AFTER;
  }

  get isolated(): boolean {
    return this.#isolated;
  }

  /** Counts the last holder's crash against the delivery that was alone in flight, if there was one. */
  async countCrash(): Promise<void> {
    if (this.#claimed.suspect !== null) this.#suspectCrashes = await this.#parts.lanes.countCrash(this.#held);
  }

  /**
   * Sends a delivery alone in the whole process. It is stored as the suspect before it is sent, and cleared when it is
   * settled.
   */
  async send(due: DueDelivery, lease: Lease, { send, park, ended }: IsolatedTurn): Promise<void> {
    const { budget, lanes } = this.#parts;
    const turn = budget.isolatedTurn.then(async () => {
      if (due.id === this.#claimed.suspect && this.#suspectCrashes >= PARK_AFTER)
        return park(this.#crashed(due));
      const stillHeld = await lanes.markSuspect(this.#held, due.id);
      // The lease may have run out while the delivery waited for its turn.
      if (!stillHeld || !lease.holds()) return;
      await send();
      await lanes.markSuspect(this.#held, null);
      if (++this.#sentWithoutCrash >= REJOIN_AFTER) this.#isolated = false;
    });
    budget.isolatedTurn = turn.catch(() => undefined).finally(ended);
    await turn;
  }

  #crashed(due: DueDelivery): Settlement {
    const { log, clock, newId } = this.#parts;
    const { workspaceId, endpointId, token } = this.#held;
    log.error(
      { delivery: due.id, webhook: endpointId },
      'delivery parked: its worker crashed each time it was sent alone',
    );
    return {
      workspaceId,
      endpointId,
      token,
      deliveryId: due.id,
      attempt: due.attempt,
      attemptId: newId(),
      at: isoTime(clock.now()),
      durationMs: 0,
      status: null,
      failure: 'crashed',
      detail: 'The worker crashed each time this was sent alone; it was parked.',
      response: null,
      request: null,
      template: null,
      state: 'crashed',
      delayMs: null,
      failures: null,
    };
  }
}
