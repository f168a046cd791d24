import type { Clock } from '../../base/clock.ts';
import { QUEUE_START, type Held, type Lanes } from '../queue/claim.ts';
import type { ReadAhead } from '../queue/read-ahead.ts';
import type { Throttle } from './throttle.ts';

/** How a held lane is released: in step with the queue, and with what the next holder must know of its rate. */
export class LaneRelease {
  /** After the release: in how many ms the lane is due again; null for never, or if another process holds it. */
  dueInMs: number | null = null;
  readonly #parts: { lanes: Lanes; clock: Clock };
  readonly #held: Held;
  readonly #ahead: ReadAhead;
  readonly #throttle: Throttle;

  constructor(parts: { lanes: Lanes; clock: Clock }, held: Held, ahead: ReadAhead, throttle: Throttle) {
    this.#parts = parts;
    this.#held = held;
    this.#ahead = ahead;
    this.#throttle = throttle;
  }

  /**
   * Releases a lane whose last read, from the start, found nothing.
   * @returns whether it was released; if not, it was woken since that read or is no longer held, and the next read
   *   shows which
   */
  async emptyLane(): Promise<boolean> {
    await this.#carryRate();
    if (await this.#release(this.#ahead.wake)) return true;
    this.#ahead.rewind();
    return false;
  }

  /**
   * Releases a lane that stops or rests although something may be due.
   * @param restMs how long it rests because its rate is used up, in ms
   * @returns whether it was released or lost
   */
  async early(restMs: number): Promise<boolean> {
    const { lanes } = this.#parts;
    this.#ahead.drop();
    await this.#ahead.promote();
    await this.#carryRate();
    if (restMs > 0) await lanes.rest(this.#held, restMs, this.#throttle.kept());
    const read = await lanes.read({ ...this.#held, ...QUEUE_START, maxRows: 1, maxBytes: 0 });
    if (!read.held) return true;
    return this.#release(read.wake);
  }

  async #release(wake: number): Promise<boolean> {
    const dueInMs = await this.#parts.lanes.release(this.#held, wake);
    this.dueInMs = dueInMs ?? null;
    return dueInMs !== undefined;
  }

  /** Stores for the next holder how far the rate is used up. */
  async #carryRate(): Promise<void> {
    const carried = this.#throttle.carried(this.#parts.clock.monotonic());
    if (carried) await this.#parts.lanes.carry(this.#held, carried);
  }
}
