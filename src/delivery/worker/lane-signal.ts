import type { Clock } from '../../base/clock.ts';

/** A lane that receives no signal checks again this often, in ms. */
const WATCH_MS = 1_000;

/** Lets a lane wait until something happens: an answer, a read, a nudge, a due row, or a timeout. */
export class LaneSignal {
  readonly #clock: Clock;
  #resolve: (() => void) | undefined;
  #watch: NodeJS.Timeout | undefined;
  #alarm: NodeJS.Timeout | undefined;
  /** Monotonic time of the alarm. */
  #alarmAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the present wait. */
  raise(): void {
    this.#resolve?.();
  }

  async wait(ms = WATCH_MS): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      // One interval for all waits, since there is one with every answer; only a shorter wait has its own timer.
      if (ms === WATCH_MS) this.#watch ??= setInterval(() => this.raise(), WATCH_MS);
      else setTimeout(resolve, ms);
    });
    this.#resolve = undefined;
  }

  /** Ends the wait at this monotonic time, so that a row that becomes due then is read at once. */
  setAlarm(at: number): void {
    const inMs = at - this.#clock.monotonic();
    // What is further off is seen by the regular check.
    if (at >= this.#alarmAt || inMs > WATCH_MS) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = at;
    this.#alarm = setTimeout(
      () => {
        this.#alarmAt = Infinity;
        this.raise();
      },
      Math.max(1, Math.ceil(inMs)),
    );
  }

  stop(): void {
    clearInterval(this.#watch);
    clearTimeout(this.#alarm);
  }
}
