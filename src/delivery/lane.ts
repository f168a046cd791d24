import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import { LEASE_MS, QUEUE_START, type Claimed, type DueDelivery, type Held, type Lanes } from './claim.ts';
import { deliver, takeOut, type DeliverParts, type Lease } from './deliver.ts';
import type { Endpoint } from './endpoint.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Settlement, Settler } from './settle.ts';
import { Throttle } from './throttle.ts';

export interface LaneParts extends DeliverParts {
  lanes: Lanes;
  settler: Settler;
  clock: Clock;
  log: Logger;
  budget: Budget;
  /** How long a lane with nothing to do is kept before it is released, in milliseconds. */
  lingerMs: number;
}

/** What all lanes of a process share: bytes read and not yet settled, and requests under way. */
export interface Budget {
  bytes: number;
  sends: number;
  /** Lanes that could send but for `MAX_SENDS`; the first is told when there is room. */
  waiting: Set<Lane>;
  /**
   * Resolves when what is sent alone is settled: of all lanes that are sent one by one, one at a time, so
   * that a crash can be held against a single delivery.
   */
  probe: Promise<unknown>;
}

/** Deliveries sent and not settled, for each request that may be in flight: the settles are gathered. */
const UNSETTLED = 4;
/** Requests under way at once in a process, */
export const MAX_SENDS = 1_000;
/** but for these of each lane: receivers that hang may take all the others, and hold up nobody. */
const OWN_SENDS = 2;

/** A lane with nothing to hear of looks round this often, in ms. */
const WATCH_MS = 1_000;

/** Sending stops this long before the lease ends by our own clock. */
const LEASE_MARGIN_MS = 2_000;
/** Holders in a row that vanished before a lane is sent one by one. */
const CAREFUL_AFTER = 2;
/** After this many sent one by one without a crash, the lane goes on at full width. */
const TRUSTED_AFTER = 50;
/** Crashes with the same delivery alone in flight before it is parked. */
const PARK_AFTER = 2;

/**
 * One held lane: reads what is due, sends it at the receiver's pace, settles it, and lets go when there is
 * nothing left. The protocol is in states.md and checked in lane.pml.
 */
export class Lane {
  readonly held: Held;
  /** Once it is released: in how many ms it is due again; null for never, or where another sees to it. */
  dueInMs: number | null = null;
  readonly #parts: LaneParts;
  /** What an attempt has to know of the lease. */
  readonly #lease: Lease;
  readonly #claimed: Claimed;

  /** Monotonic time after which nothing more is sent: measured from before the lease was asked for. */
  #deadline: number;
  #lost = false;
  #stopping = false;
  #resting = false;
  /** Its webhook was deleted: there is nothing to send, only the lane to let go. */
  #gone = false;
  /** How long the lane rests once it is let go, as its rate is used up, in ms. */
  #restMs = 0;
  /** How long nothing may be sent, as the rate is used up, in ms. */
  #pauseMs = 0;

  #endpoint: Endpoint | undefined;
  #stale = true;
  /** Failed attempts in a row, where its webhook has them counted. */
  #failures: number;
  #careful: boolean;
  #parkable = 0;
  #proven = 0;

  readonly #ahead: ReadAhead;
  readonly #throttle: Throttle;
  /** Sent and not settled yet. */
  readonly #inFlight = new Map<Uuid, DueDelivery>();
  /** Of those, the ones whose receiver has not answered. */
  #sending = 0;
  #signal: (() => void) | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Ends the wait when the next row becomes due, at this monotonic time. */
  #alarm: NodeJS.Timeout | undefined;
  #alarmAt = Infinity;

  constructor(parts: LaneParts, claimed: Claimed, askedAt: number) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.held = { workspaceId: claimed.workspace_id, endpointId: claimed.endpoint_id, token: claimed.token };
    this.#deadline = askedAt + LEASE_MS - LEASE_MARGIN_MS;
    const holds = () => !this.#lost && parts.clock.monotonic() < this.#deadline;
    this.#lease = { token: claimed.token, holds };
    this.#ahead = new ReadAhead(parts, this.held, {
      read: ({ endpointVersion }) => {
        if (this.#endpoint && endpointVersion !== this.#endpoint.version) this.#stale = true;
      },
      lost: () => this.#lose(),
      failed: () => {
        if (parts.clock.monotonic() > this.#deadline + LEASE_MS) this.#lose();
      },
      ended: () => this.#signal?.(),
    });
    this.#throttle = new Throttle({
      slowStreak: claimed.slow_streak,
      carried: { used: claimed.rate_used, forMs: claimed.rate_for_ms },
      vanishedMs: claimed.takeovers > 0 ? LEASE_MARGIN_MS : null,
    });
    this.#failures = claimed.failures;
    this.#careful = claimed.takeovers >= CAREFUL_AFTER;
  }

  /** Told of something new since it last looked. */
  get nudged(): boolean {
    return this.#ahead.nudged;
  }

  /** Something new may be due: look again. */
  nudge(): void {
    this.#ahead.nudge();
    this.#signal?.();
  }

  /** Somebody else holds the lane now, perhaps this very process anew. Nothing more is sent or written. */
  abandon(): void {
    this.#lose();
  }

  /** There is room for a request again. */
  resume(): void {
    this.#signal?.();
  }

  /** The endpoint has changed: load it anew before anything more is sent. */
  refresh(): void {
    this.#stale = true;
    this.nudge();
  }

  /** Send nothing more; what is in flight is finished and settled. */
  stop(): void {
    this.#stopping = true;
    this.#signal?.();
  }

  /** Asks for another lease. Throws where the database can't be reached: the deadline then decides. */
  async renew(): Promise<void> {
    const askedAt = this.#parts.clock.monotonic();
    if (await this.#parts.lanes.renew(this.held)) {
      this.#deadline = askedAt + LEASE_MS - LEASE_MARGIN_MS;
    } else {
      this.#lose();
    }
  }

  /** Runs until the lane is released or lost. */
  async run(): Promise<void> {
    try {
      await this.#hold();
      // Lost with requests under way: wait for them, so that their sockets and bytes are accounted for.
      while (this.#inFlight.size > 0) await this.#something();
    } finally {
      clearInterval(this.#watch);
      clearTimeout(this.#alarm);
    }
  }

  async #hold(): Promise<void> {
    try {
      await this.#takeOver();
      while (!this.#lost) {
        if (this.#stale && !this.#closing) await this.#load();
        if (this.#closing && this.#inFlight.size === 0 && !this.#ahead.reading) {
          if (await this.#letGo()) return;
          continue;
        }
        if (!this.#closing) this.#ahead.fill(this.#inFlight);
        this.#pump();
        this.#setAlarm();
        if (!this.#idle) await this.#something(this.#pauseMs || WATCH_MS);
        else if (await this.#finish()) return;
      }
    } finally {
      this.#ahead.drop();
      this.#parts.budget.waiting.delete(this);
    }
  }

  get #closing(): boolean {
    return this.#stopping || this.#resting || this.#gone;
  }

  get #idle(): boolean {
    return this.#inFlight.size === 0 && this.#ahead.exhausted;
  }

  get #window(): number {
    return this.#careful ? 1 : this.#throttle.window;
  }

  /** Where holders keep vanishing, counts this against the delivery that was alone in flight. */
  async #takeOver(): Promise<void> {
    if (this.#claimed.takeovers === 0) return;
    this.#parts.metrics.takeovers.inc();
    await this.#parts.lanes.demote(this.held);
    if (this.#claimed.suspect !== null) this.#parkable = await this.#parts.lanes.markSuspect(this.held);
    this.#parts.log.warn(
      { webhook: this.held.endpointId, takeovers: this.#claimed.takeovers, isolated: this.#careful },
      'lane taken over: its holder never released it',
    );
  }

  async #load(): Promise<void> {
    this.#stale = false;
    const endpoint = await this.#parts.endpoints.getAny(this.held.workspaceId, this.held.endpointId);
    if (!endpoint || endpoint.state === 'deleted') {
      this.#gone = true;
      return;
    }
    // Whoever changed it gave it a fresh start, in the store too.
    if (this.#endpoint && this.#endpoint.version !== endpoint.version) this.#failures = 0;
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
      this.#inFlight.size < UNSETTLED * this.#window &&
      !this.#stale &&
      !this.#closing &&
      !this.#lost &&
      clock.monotonic() < this.#deadline
    ) {
      const wait = this.#throttle.wait(clock.monotonic());
      if (wait) return this.#pause(wait);
      if (budget.sends >= MAX_SENDS && this.#sending >= OWN_SENDS) {
        budget.waiting.add(this);
        return;
      }
      const due = this.#ahead.next();
      this.#throttle.begin(clock.monotonic());
      this.#inFlight.set(due.id, due);
      this.#sending += 1;
      budget.sends += 1;
      void this.#attempt(due).finally(() => {
        this.#inFlight.delete(due.id);
        budget.bytes -= due.bytes;
        this.#signal?.();
      });
    }
  }

  /** The rate is used up: waits, or lets go of the lane where that takes long. */
  #pause({ ms, isLong }: { ms: number; isLong: boolean }): void {
    this.#pauseMs = isLong ? 1 : ms;
    if (!isLong) return;
    this.#resting = true;
    this.#restMs = ms;
  }

  /** A receiver has answered: its place is free for the next, while the outcome is being written. */
  #answered(): void {
    const { budget } = this.#parts;
    this.#sending -= 1;
    budget.sends -= 1;
    this.#signal?.();
    const [next] = budget.waiting;
    if (!next) return;
    budget.waiting.delete(next);
    next.resume();
  }

  async #attempt(due: DueDelivery): Promise<void> {
    try {
      await (this.#careful ? this.#sendAlone(due) : this.#send(due));
    } catch (error) {
      // The row stays in the queue as it was; whoever reads the lane next sends it again.
      this.#parts.log.error(
        { err: (error as Error).message, delivery: due.id },
        'outcome could not be written',
      );
    }
  }

  async #send(due: DueDelivery): Promise<void> {
    const { metrics } = this.#parts;
    metrics.inFlight.inc();
    const { settlement, outcome } = await deliver(this.#parts, this.#endpoint!, due, this.#lease);
    metrics.inFlight.dec();
    let restMs = 0;
    if (outcome && outcome.failure !== 'cancelled') {
      metrics.attempts.inc({ outcome: outcome.failure ?? 'delivered' });
      metrics.duration.observe(outcome.durationMs / 1000);
      metrics.lag.observe(due.lag_s);
      if (due.kind !== 'test') restMs = this.#throttle.after(outcome);
    }
    if (!this.#careful) this.#answered();
    // We stopped it ourselves: the row stays as it is, and the next start sends it again.
    if (outcome?.failure === 'cancelled') return;
    if (outcome && this.#endpoint!.disableAfter !== null)
      settlement.failures = await this.#count(due, outcome.ok, this.#endpoint!.disableAfter);
    await this.#settle(settlement);
    if (settlement.delayMs !== null) this.#ahead.expect(settlement.delayMs);
    if (due.order_key !== null) this.#ahead.recordLeft(due.order_key);
    if (restMs > 0 && !this.#resting) {
      this.#resting = true;
      await this.#parts.lanes.rest(this.held, restMs, this.#throttle.kept());
    } else if (this.#throttle.hasClosed())
      await this.#parts.lanes.rest(this.held, 0, this.#throttle.slowStreak);
  }

  /**
   * Counts an outcome, and takes the webhook out of service where that makes too many failures in a row; before the
   * outcome is settled, so that a crash in between only makes it fail once more. What was under way when the webhook
   * changed, and a test, says nothing.
   * @returns how many failures in a row there are now; null where they are not counted
   */
  async #count(due: DueDelivery, ok: boolean, limit: number): Promise<number | null> {
    const endpoint = this.#endpoint!;
    if (due.kind === 'test' || this.#stale || endpoint.state !== 'active') return null;
    this.#failures = ok ? 0 : this.#failures + 1;
    const cause = { reason: `${limit} attempts in a row failed.`, failures: limit };
    if (this.#failures >= limit) await takeOut(this.#parts, endpoint, cause);
    return this.#failures;
  }

  /**
   * After crashes: notes the delivery before it is sent, alone in the whole process, and strikes it out when
   * it is settled. One that was noted at two crashes is parked.
   */
  async #sendAlone(due: DueDelivery): Promise<void> {
    const { budget, lanes, clock } = this.#parts;
    const turn = budget.probe.then(async () => {
      if (due.id === this.#claimed.suspect && this.#parkable >= PARK_AFTER) return this.#park(due);
      const ours = await lanes.suspect(this.held, due.id);
      // The lease may have run out while it waited its turn.
      if (!ours || this.#lost || clock.monotonic() >= this.#deadline) return;
      await this.#send(due);
      await lanes.suspect(this.held, null);
      if (++this.#proven >= TRUSTED_AFTER) this.#careful = false;
    });
    budget.probe = turn.catch(() => undefined).finally(() => this.#answered());
    await turn;
  }

  async #settle(settlement: Settlement): Promise<void> {
    if (await this.#parts.settler.settle(settlement)) return;
    this.#parts.metrics.settlesRefused.inc();
    this.#parts.log.info(
      { delivery: settlement.deliveryId, webhook: this.held.endpointId },
      'outcome not written: the lease was lost or the delivery settled elsewhere',
    );
  }

  async #park(due: DueDelivery): Promise<void> {
    const { log, clock, newId } = this.#parts;
    log.error(
      { delivery: due.id, webhook: this.held.endpointId },
      'delivery parked: its worker crashed each time it was sent alone',
    );
    await this.#settle({
      workspaceId: this.held.workspaceId,
      endpointId: this.held.endpointId,
      token: this.held.token,
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
      state: 'crashed',
      delayMs: null,
      failures: null,
    });
    if (due.order_key !== null) this.#ahead.recordLeft(due.order_key);
  }

  /** Nothing is due: waits a moment for more, reads once more from the start, releases. True when done. */
  async #finish(): Promise<boolean> {
    if (!this.#ahead.empty) {
      if (this.#parts.lingerMs > 0) {
        await this.#something(this.#parts.lingerMs);
        if (this.#ahead.nudged || this.#closing || this.#lost) return false;
      }
      this.#ahead.rewind();
      return false;
    }
    await this.#carryRate();
    if (await this.#release(this.#ahead.wake)) return true;
    // Woken since that read, or no longer ours: the next read tells which.
    this.#ahead.rewind();
    return false;
  }

  /** Releases a lane that stops or rests although something may be due. True when done. */
  async #letGo(): Promise<boolean> {
    this.#ahead.drop();
    await this.#ahead.promote();
    await this.#carryRate();
    if (this.#restMs > 0) await this.#parts.lanes.rest(this.held, this.#restMs, this.#throttle.kept());
    const read = await this.#parts.lanes.read({ ...this.held, ...QUEUE_START, maxRows: 1, maxBytes: 0 });
    if (!read.held) return true;
    return this.#release(read.wake);
  }

  async #release(wake: number): Promise<boolean> {
    const dueInMs = await this.#parts.lanes.release(this.held, wake);
    this.dueInMs = dueInMs ?? null;
    return dueInMs !== undefined;
  }

  /** Leaves to the next holder how far the rate is used up. */
  async #carryRate(): Promise<void> {
    const carried = this.#throttle.carried(this.#parts.clock.monotonic());
    if (carried) await this.#parts.lanes.carry(this.held, carried);
  }

  /** Another has the lease although we live: what took it over was no crash of ours. */
  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#signal?.();
    this.#parts.lanes.clearCrash(this.held).catch(() => undefined);
  }

  /** Sees to it that a row that becomes due while the lane waits for something else is read at once. */
  #setAlarm(): void {
    const at = this.#ahead.nextAt;
    const inMs = at - this.#parts.clock.monotonic();
    // What is further off than a look round is seen then; a lane that is let go reads no more.
    if (at >= this.#alarmAt || inMs > WATCH_MS || this.#closing) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = at;
    this.#alarm = setTimeout(
      () => {
        this.#alarmAt = Infinity;
        this.#signal?.();
      },
      Math.max(1, Math.ceil(inMs)),
    );
  }

  /** Waits until something happens: an answer, a read, a nudge, or time. */
  async #something(ms = WATCH_MS): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#signal = resolve;
      // One timer over and over, as this is waited for with every answer; only a short wait has its own.
      if (ms === WATCH_MS) this.#watch ??= setInterval(() => this.#signal?.(), WATCH_MS);
      else setTimeout(resolve, ms);
    });
    this.#signal = undefined;
  }
}
