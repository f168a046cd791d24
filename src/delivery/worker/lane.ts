import type { Uuid } from '../../base/id.ts';
import type { Claimed, DueDelivery, Held, Lanes } from '../queue/claim.ts';
import { CrashIsolation } from './crash-isolation.ts';
import { deliver, type DeliverParts } from './deliver.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { FailureCount } from './failure-count.ts';
import { LaneRelease } from './lane-release.ts';
import { LaneSignal } from './lane-signal.ts';
import { Lease, LEASE_MARGIN_MS } from '../queue/lease.ts';
import { settleOutcome } from './outcome-handling.ts';
import { ReadAhead, type ReadAheadParts } from '../queue/read-ahead.ts';
import { endSend, mayStartSend, type SendBudget } from './send-budget.ts';
import type { Outcome } from '../sender/send-outcome.ts';
import type { Settlement, Settler } from '../queue/settle.ts';
import { Throttle } from './throttle.ts';

export interface LaneParts extends DeliverParts {
  lanes: Lanes;
  settler: Settler;
  budget: SendBudget;
  addNumbers: ReadAheadParts['addNumbers'];
  /** How long a lane with nothing to do is kept before it is released, in milliseconds. */
  idleTimeoutMs: number;
}

type Ended = (error?: Error) => void;

/** Deliveries sent and not settled, for each request that may be in flight: settles are batched. */
const MAX_UNSETTLED_PER_SEND = 4;

/**
 * One held lane: reads what is due, sends it at the receiver's pace, settles it, and releases the lane when nothing is
 * left. The protocol is described in states.md and checked in lane.pml.
 */
export class Lane {
  readonly held: Held;
  readonly #parts: LaneParts;
  readonly #lease: Lease;
  readonly #claimed: Claimed;

  #stopping = false;
  #resting = false;
  /** The webhook was deleted: there is nothing to send, and the lane is released. */
  #deleted = false;
  /** How long the lane rests after its release because its rate is used up, in ms. */
  #restMs = 0;
  /** How long nothing may be sent because the rate is used up, in ms. */
  #pauseMs = 0;

  #endpoint: Endpoint | undefined;
  #stale = true;
  #loading = false;
  readonly #failures: FailureCount;
  readonly #isolation: CrashIsolation;

  readonly #ahead: ReadAhead;
  readonly #throttle: Throttle;
  readonly #release: LaneRelease;
  /** Sent and not settled yet. */
  readonly #inFlight = new Map<Uuid, DueDelivery>();
  /** Of those, the ones whose receiver has not answered. */
  #sending = 0;
  readonly #signal: LaneSignal;

  constructor(parts: LaneParts, claimed: Claimed, requestedAt: number) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.held = { workspaceId: claimed.workspace_id, endpointId: claimed.endpoint_id, token: claimed.token };
    this.#lease = new Lease(claimed.token, parts.clock, requestedAt);
    this.#signal = new LaneSignal(parts.clock);
    this.#ahead = new ReadAhead(parts, this.held, {
      read: ({ endpointVersion }) => {
        if (this.#endpoint && endpointVersion !== this.#endpoint.version) this.#stale = true;
      },
      lost: () => this.#lose(),
      failed: () => {
        if (this.#lease.isLongOver) this.#lose();
      },
      ended: () => this.#signal.raise(),
    });
    this.#throttle = new Throttle({
      slowStreak: claimed.slow_streak,
      carried: { used: claimed.rate_used, forMs: claimed.rate_for_ms },
      vanishedMs: claimed.takeovers > 0 ? LEASE_MARGIN_MS : null,
    });
    this.#release = new LaneRelease(parts, this.held, this.#ahead, this.#throttle);
    this.#failures = new FailureCount(claimed.failures);
    this.#isolation = new CrashIsolation(parts, this.held, claimed);
  }

  /** After the release: in how many ms the lane is due again; null for never, or if another process holds it. */
  get dueInMs(): number | null {
    return this.#release.dueInMs;
  }

  /** Whether it was nudged since it last read. */
  get nudged(): boolean {
    return this.#ahead.nudged;
  }

  /** Something new may be due: read again. */
  nudge(): void {
    this.#ahead.nudge();
    this.#signal.raise();
  }

  /** Another holder has the lane, perhaps in this very process. Nothing more is sent or settled. */
  abandon(): void {
    this.#lose();
  }

  /** A request may be started again. */
  resume(): void {
    this.#signal.raise();
  }

  /** The endpoint has changed: reload it before anything more is sent. */
  refresh(): void {
    this.#stale = true;
    this.nudge();
  }

  /** Sends nothing more; what is in flight is finished and settled. */
  stop(): void {
    this.#stopping = true;
    this.#signal.raise();
  }

  /** Extends the lease. Throws if the database cannot be reached: the deadline then decides. */
  async renew(): Promise<void> {
    const requestedAt = this.#parts.clock.monotonic();
    if (await this.#parts.lanes.renew(this.held)) this.#lease.extend(requestedAt);
    else this.#lose();
  }

  /** Runs until the lane is released or lost. */
  async run(): Promise<void> {
    try {
      await this.#hold();
      // Lost with requests under way: wait for them, so that their sockets and bytes are accounted for.
      while (this.#inFlight.size > 0) await this.#signal.wait();
    } finally {
      this.#signal.stop();
    }
  }

  async #hold(): Promise<void> {
    try {
      await this.#takeOver();
      while (!this.#lease.lost) {
        if (this.#stale && !this.#closing) await this.#load();
        if (this.#closing && this.#inFlight.size === 0 && !this.#ahead.reading) {
          if (await this.#release.early(this.#restMs)) return;
          continue;
        }
        if (!this.#closing) this.#ahead.fill(this.#inFlight);
        this.#pump();
        // A lane that is to be released reads no more.
        if (!this.#closing) this.#signal.setAlarm(this.#ahead.nextAt);
        if (this.#inFlight.size > 0 || !this.#ahead.exhausted)
          await this.#signal.wait(this.#pauseMs || undefined);
        else if (await this.#finish()) return;
      }
    } finally {
      this.#ahead.drop();
      this.#parts.budget.waiting.delete(this);
    }
  }

  get #closing(): boolean {
    return this.#stopping || this.#resting || this.#deleted;
  }

  get #window(): number {
    return this.#isolation.isolated ? 1 : this.#throttle.window;
  }

  /** After a holder that vanished: makes its blocked rows unranked, and counts the crash. */
  async #takeOver(): Promise<void> {
    if (this.#claimed.takeovers === 0) return;
    this.#parts.metrics.takeovers.inc();
    await this.#parts.lanes.demote(this.held);
    await this.#isolation.countCrash();
    this.#parts.log.warn(
      {
        webhook: this.held.endpointId,
        takeovers: this.#claimed.takeovers,
        isolated: this.#isolation.isolated,
      },
      'lane taken over: its holder never released it',
    );
  }

  async #load(): Promise<void> {
    this.#stale = false;
    this.#loading = true;
    const endpoint = await this.#parts.endpoints.getAny(this.held.workspaceId, this.held.endpointId);
    this.#loading = false;
    if (!endpoint || endpoint.state === 'deleted') {
      this.#deleted = true;
      return;
    }
    if (this.#endpoint && this.#endpoint.version !== endpoint.version) this.#failures.reset();
    this.#endpoint = endpoint;
    this.#throttle.set(endpoint, this.#parts.clock.monotonic());
    if (endpoint.state !== 'active') this.#ahead.drop((due) => due.kind !== 'test');
  }

  #pump(): void {
    const { budget, clock } = this.#parts;
    this.#pauseMs = 0;
    while (
      this.#ahead.size > 0 &&
      this.#sending < this.#window &&
      this.#inFlight.size < MAX_UNSETTLED_PER_SEND * this.#window &&
      !this.#stale &&
      !this.#loading &&
      !this.#closing &&
      this.#lease.holds()
    ) {
      const wait = this.#throttle.wait(clock.monotonic());
      if (wait) return this.#pause(wait);
      if (!mayStartSend(budget, this.#sending)) {
        budget.waiting.add(this);
        return;
      }
      const due = this.#ahead.next();
      this.#throttle.begin(clock.monotonic());
      this.#inFlight.set(due.id, due);
      this.#sending += 1;
      budget.sends += 1;
      if (this.#isolation.isolated) void this.#sendAlone(due);
      else this.#send(due, (error) => this.#end(due, error));
    }
  }

  /** The rate is used up: waits, or releases the lane if that takes long. */
  #pause({ ms, isLong }: { ms: number; isLong: boolean }): void {
    this.#pauseMs = isLong ? 1 : ms;
    if (!isLong) return;
    this.#resting = true;
    this.#restMs = ms;
  }

  /**
   * A receiver has answered: the next request may start while the outcome is being settled. The lane itself is only
   * woken if there is more to do than that.
   */
  #answered(): void {
    const { budget } = this.#parts;
    this.#sending -= 1;
    if (this.#ahead.isAmple && budget.waiting.size === 0) {
      budget.sends -= 1;
      this.#pump();
      if (this.#pauseMs > 0) this.#signal.raise();
      return;
    }
    this.#signal.raise();
    endSend(budget);
  }

  /** A delivery has been settled, or stays in the queue as it was: the next read of the lane finds it. */
  #end(due: DueDelivery, error?: Error): void {
    if (error)
      this.#parts.log.error({ err: error.message, delivery: due.id }, 'outcome could not be written');
    this.#inFlight.delete(due.id);
    this.#parts.budget.bytes -= due.bytes;
    this.#signal.raise();
  }

  #sendAlone(due: DueDelivery): Promise<void> {
    const promised = (work: (ended: Ended) => void) =>
      new Promise<void>((resolve, reject) => work((error) => (error ? reject(error) : resolve())));
    const turn = this.#isolation.send(due, this.#lease, {
      send: () => promised((ended) => this.#send(due, ended)),
      park: (settlement) => promised((ended) => this.#settle(due, settlement, 0, ended)),
      ended: () => this.#answered(),
    });
    return turn.then(
      () => this.#end(due),
      (error: Error) => this.#end(due, error),
    );
  }

  /** @param ended called once, with what went wrong, when there is nothing more to do for this attempt */
  #send(due: DueDelivery, ended: Ended): void {
    deliver(this.#parts, this.#endpoint!, due, this.#lease, (settlement, outcome) => {
      try {
        this.#conclude(due, settlement, outcome, ended);
      } catch (error) {
        ended(error as Error);
      }
    });
  }

  #conclude(due: DueDelivery, settlement: Settlement, outcome: Outcome | null, ended: Ended): void {
    const isCancelled = outcome?.failure === 'cancelled';
    const restMs = outcome && !isCancelled && due.kind !== 'test' ? this.#throttle.after(outcome) : 0;
    if (!this.#isolation.isolated) this.#answered();
    // This process stopped it: the row stays as it is, and is sent again after the next start.
    if (isCancelled) return ended();
    const settle = () => this.#settle(due, settlement, restMs, ended);
    // An outcome that was under way when the webhook changed is not counted.
    if (!outcome || this.#stale || this.#endpoint!.disableAfter === null) return settle();
    this.#failures.add(this.#parts, this.#endpoint!, due, outcome.ok).then((failures) => {
      settlement.failures = failures;
      settle();
    }, ended);
  }

  #settle(due: DueDelivery, settlement: Settlement, restMs: number, ended: Ended): void {
    const settled = () => this.#settled(due, settlement, restMs, ended);
    settleOutcome(this.#parts, settlement, settled, ended);
  }

  /** After an outcome was stored: what follows from it for the lane. */
  #settled(due: DueDelivery, { delayMs }: Settlement, restMs: number, ended: Ended): void {
    const { lanes } = this.#parts;
    if (delayMs !== null) this.#ahead.expect(delayMs);
    if (due.order_key !== null) this.#ahead.recordLeft(due.order_key);
    if (restMs > 0 && !this.#resting) {
      this.#resting = true;
      lanes.rest(this.held, restMs, this.#throttle.kept()).then(() => ended(), ended);
    } else if (this.#throttle.hasClosed()) {
      lanes.rest(this.held, 0, this.#throttle.slowStreak).then(() => ended(), ended);
    } else ended();
  }

  /** Nothing is due: waits a moment for more, reads once more from the start, releases. True when released. */
  async #finish(): Promise<boolean> {
    if (!this.#ahead.empty) {
      if (this.#parts.idleTimeoutMs > 0) {
        await this.#signal.wait(this.#parts.idleTimeoutMs);
        if (this.#ahead.nudged || this.#closing || this.#lease.lost) return false;
      }
      this.#ahead.rewind();
      return false;
    }
    return this.#release.emptyLane();
  }

  /** Another holder has the lease although this one lives: the takeover is not counted as a crash. */
  #lose(): void {
    if (this.#lease.lost) return;
    this.#lease.lose();
    this.#signal.raise();
    this.#parts.lanes.clearCrash(this.held).catch(() => undefined);
  }
}
