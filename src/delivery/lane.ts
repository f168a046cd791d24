import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import { MAX_WINDOW, paceAfter, startPace, type Pace } from './breaker.ts';
import { LEASE_MS, QUEUE_START, type Claimed, type DueDelivery, type Held, type Lanes } from './claim.ts';
import { deliver, takeOut, type DeliverParts } from './deliver.ts';
import type { Endpoint } from './endpoint.ts';
import { Rate } from './rate.ts';
import type { Settlement, Settler } from './settle.ts';

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
  trial: Promise<unknown>;
}

/** Bodies held at once by a process: 32 MiB. */
export const MAX_BYTES = 32 * 1024 * 1024;
/** Deliveries sent and not settled, for each request that may be in flight: the settles are gathered. */
const UNSETTLED = 4;
/** Requests under way at once in a process. */
export const MAX_SENDS = 1_000;

/** A lane with nothing to hear of looks round this often, in ms. */
const WATCH_MS = 1_000;

/** Sending stops this long before the lease ends by our own clock. */
const LEASE_MARGIN_MS = 2_000;
/** A lane that found nothing more looks again after this long, while requests are under way. */
const REREAD_MS = 1_000;
/** A lane whose rate is used up for longer than this is let go until then. */
const LONGEST_PAUSE_MS = 2_000;
/** After this long a reader starts over, so that a row committed late behind its cursor is not passed by. */
const REWIND_MS = 5_000;
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
  readonly #parts: LaneParts;
  readonly #claimed: Claimed;

  /** Monotonic time after which nothing more is sent: measured from before the lease was asked for. */
  #deadline: number;
  #lost = false;
  #stopping = false;
  #resting = false;
  /** How long the lane is to rest once it is let go, as its rate is used up, in ms. */
  #restMs = 0;
  /** Its webhook was deleted: there is nothing to send, only the lane to let go. */
  #gone = false;

  #endpoint: Endpoint | undefined;
  #stale = true;
  #pace: Pace;
  /** The streak of rests as the lane's row has it. */
  #keptStreak: number;
  /** Failed attempts in a row, where its webhook has them counted. */
  #failures: number;
  #careful: boolean;
  #parkable = 0;
  #proven = 0;

  /** Where the webhook has one. */
  #rate: Rate | undefined;
  /** How long nothing may be sent, as the rate is used up, in ms. */
  #pauseMs = 0;
  /** Rows have no place in the order of their records yet; and records one of whose rows has left. */
  #unplaced = false;
  readonly #left = new Set<Uuid>();

  readonly #buffer: DueDelivery[] = [];
  /** Sent and not settled yet. */
  readonly #inFlight = new Map<Uuid, DueDelivery>();
  /** Of those, the ones whose receiver has not answered. */
  #sending = 0;
  #cursor = QUEUE_START;
  #readFrom = 0;
  #readAt = 0;
  #wake = 0;
  #reading = false;
  /** The last read found less than it asked for. */
  #drained = false;
  /** The last read began at the start, with nothing in flight, and found nothing. */
  #empty = false;
  #again = false;
  #signal: (() => void) | undefined;

  constructor(parts: LaneParts, claimed: Claimed, askedAt: number) {
    this.#parts = parts;
    this.#claimed = claimed;
    this.held = { workspaceId: claimed.workspace_id, endpointId: claimed.endpoint_id, token: claimed.token };
    this.#deadline = askedAt + LEASE_MS - LEASE_MARGIN_MS;
    this.#pace = startPace(claimed.slow_streak);
    this.#keptStreak = claimed.slow_streak;
    this.#failures = claimed.failures;
    this.#careful = claimed.takeovers >= CAREFUL_AFTER;
  }

  /** Told of something new since it last looked. */
  get nudged(): boolean {
    return this.#again;
  }

  /** Something new may be due: look again. */
  nudge(): void {
    this.#again = true;
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
      await this.#takeOver();
      while (!this.#lost) {
        if (this.#stale && !this.#closing) await this.#load();
        if (this.#closing && this.#inFlight.size === 0 && !this.#reading) {
          if (await this.#letGo()) return;
          continue;
        }
        this.#fill();
        this.#pump();
        if (!this.#idle) await this.#something(this.#pauseMs || WATCH_MS);
        else if (await this.#finish()) return;
      }
    } finally {
      this.#dropBuffer();
      this.#parts.budget.waiting.delete(this);
    }
    // Lost with requests under way: wait for them, so that their sockets and bytes are accounted for.
    while (this.#inFlight.size > 0) await this.#something();
  }

  get #closing(): boolean {
    return this.#stopping || this.#resting || this.#gone;
  }

  get #idle(): boolean {
    return (
      this.#buffer.length === 0 &&
      this.#inFlight.size === 0 &&
      !this.#reading &&
      this.#drained &&
      !this.#unplaced &&
      this.#left.size === 0 &&
      !this.#again
    );
  }

  get #window(): number {
    if (this.#careful) return 1;
    return Math.min(this.#pace.window, this.#endpoint?.maxInFlight ?? MAX_WINDOW);
  }

  /** Where holders keep vanishing, counts this against the delivery that was alone in flight. */
  async #takeOver(): Promise<void> {
    if (this.#claimed.takeovers === 0) return;
    this.#parts.metrics.takeovers.inc();
    await this.#parts.lanes.unplace(this.held);
    if (this.#claimed.suspect !== null) this.#parkable = await this.#parts.lanes.implicate(this.held);
    this.#parts.log.warn(
      { webhook: this.held.endpointId, takeovers: this.#claimed.takeovers, careful: this.#careful },
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
    this.#meter(endpoint.rateLimit);
    if (endpoint.state !== 'active') this.#dropBuffer((due) => due.kind !== 'test');
  }

  /** Takes up the webhook's rate, with what was begun before. Of a holder that vanished nobody knows: all of it. */
  #meter(limit: Endpoint['rateLimit']): void {
    const now = this.#parts.clock.monotonic();
    const { rate_used: used, rate_for_ms: forMs, takeovers } = this.#claimed;
    let carried = this.#rate?.carried(now) ?? { used, forMs };
    if (limit === null) this.#rate = undefined;
    else {
      if (!this.#rate && takeovers > 0) carried = { used: limit.max, forMs: limit.perMs - LEASE_MARGIN_MS };
      this.#rate = new Rate(limit, carried, now);
    }
  }

  /** Starts a read where there is room for one; it goes on beside the sending. */
  #fill(): void {
    const { budget, clock } = this.#parts;
    if (this.#reading || this.#closing) return;
    if (this.#again || this.#unplaced || this.#left.size > 0) {
      this.#again = false;
      this.#drained = false;
    }
    const now = clock.monotonic();
    if (this.#drained && this.#inFlight.size > 0 && now - this.#readAt > REREAD_MS) this.#drained = false;
    if (!this.#drained && now - this.#readFrom > REWIND_MS) this.#rewind();
    if (this.#drained || this.#buffer.length > MAX_WINDOW / 2) return;
    // A lane with nothing at hand may always read one row, whatever the others hold.
    if (this.#inFlight.size + this.#buffer.length > 0 && budget.bytes >= MAX_BYTES) return;
    void this.#read(2 * MAX_WINDOW - this.#buffer.length);
  }

  #rewind(): void {
    this.#cursor = QUEUE_START;
    this.#readFrom = this.#parts.clock.monotonic();
    this.#drained = false;
  }

  async #read(wanted: number): Promise<void> {
    this.#reading = true;
    this.#readAt = this.#parts.clock.monotonic();
    try {
      await this.#place();
      const known = new Set([...this.#inFlight.keys(), ...this.#buffer.map((due) => due.id)]);
      const fromStart = this.#cursor === QUEUE_START;
      const maxRows = fromStart ? wanted + known.size : wanted;
      const read = await this.#parts.lanes.read({
        ...this.held,
        ...this.#cursor,
        maxRows,
        maxBytes: Math.max(0, MAX_BYTES - this.#parts.budget.bytes),
      });
      if (!read.held) return this.#lose();
      this.#wake = read.wake;
      if (this.#endpoint && read.endpointVersion !== this.#endpoint.version) this.#stale = true;
      this.#take(read.due, known);
      this.#unplaced ||= read.unplaced;
      this.#drained = read.due.length === 0;
      this.#empty =
        fromStart && this.#drained && known.size === 0 && !this.#unplaced && this.#left.size === 0;
    } catch (error) {
      this.#parts.log.debug(
        { err: (error as Error).message, webhook: this.held.endpointId },
        'lane read failed',
      );
      await new Promise((resolve) => setTimeout(resolve, 250));
      if (this.#parts.clock.monotonic() > this.#deadline + LEASE_MS) this.#lose();
    } finally {
      this.#reading = false;
      this.#signal?.();
    }
  }

  /** Places rows in the order of their records, where some have no place or one has left; then reads from the start. */
  async #place(): Promise<void> {
    if (!this.#unplaced && this.#left.size === 0) return;
    const left = [...this.#left];
    this.#left.clear();
    try {
      const placed = await this.#parts.lanes.place(this.held, left);
      this.#unplaced = placed.more;
      if (placed.due > 0) this.#rewind();
    } catch (error) {
      for (const record of left) this.#left.add(record);
      throw error;
    }
  }

  #take(due: DueDelivery[], known: Set<Uuid>): void {
    for (const one of due) {
      this.#cursor = { afterDue: one.due_at, afterId: one.id };
      if (known.has(one.id)) continue;
      this.#buffer.push(one);
      this.#parts.budget.bytes += one.bytes;
    }
  }

  #pump(): void {
    const { budget, clock } = this.#parts;
    this.#pauseMs = 0;
    while (
      this.#buffer.length > 0 &&
      this.#sending < this.#window &&
      this.#inFlight.size < UNSETTLED * this.#window &&
      !this.#stale &&
      !this.#closing &&
      !this.#lost &&
      clock.monotonic() < this.#deadline
    ) {
      const waitMs = this.#rate?.waitMs(clock.monotonic()) ?? 0;
      if (waitMs > 0) return this.#pause(waitMs);
      if (budget.sends >= MAX_SENDS) {
        budget.waiting.add(this);
        return;
      }
      const due = this.#buffer.shift()!;
      this.#rate?.begin(clock.monotonic());
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
  #pause(ms: number): void {
    this.#pauseMs = ms;
    if (ms <= LONGEST_PAUSE_MS) return;
    this.#pauseMs = 1;
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
    const { settlement, outcome } = await deliver(this.#parts, this.#endpoint!, due);
    metrics.inFlight.dec();
    let restMs = 0;
    if (outcome && outcome.failure !== 'cancelled') {
      metrics.attempts.inc({ outcome: outcome.failure ?? 'delivered' });
      metrics.duration.observe(outcome.durationMs / 1000);
      metrics.lag.observe(due.lag_s);
      if (due.kind !== 'test') restMs = this.#adjustPace(outcome);
    }
    if (!this.#careful) this.#answered();
    // We stopped it ourselves: the row stays as it is, and the next start sends it again.
    if (outcome?.failure === 'cancelled') return;
    await this.#settle({ ...settlement, failures: outcome && (await this.#count(due, outcome.ok)) });
    if (due.order_key !== null) this.#left.add(due.order_key);
    if (restMs > 0 || this.#pace.slowStreak < this.#keptStreak) await this.#keepPace(restMs);
  }

  /**
   * Counts an outcome, and takes the webhook out of service where that makes too many failures in a row; before the
   * outcome is settled, so that a crash in between only makes it fail once more. What was under way when the webhook
   * changed, and a test, says nothing.
   * @returns how many failures in a row there are now; null where they are not counted
   */
  async #count(due: DueDelivery, ok: boolean): Promise<number | null> {
    const endpoint = this.#endpoint!;
    const limit = endpoint.disableAfter;
    if (limit === null || due.kind === 'test' || this.#stale || endpoint.state !== 'active') return null;
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
    const turn = budget.trial.then(async () => {
      if (due.id === this.#claimed.suspect && this.#parkable >= PARK_AFTER) return this.#park(due);
      const ours = await lanes.suspect(this.held, due.id);
      // The lease may have run out while it waited its turn.
      if (!ours || this.#lost || clock.monotonic() >= this.#deadline) return;
      await this.#send(due);
      await lanes.suspect(this.held, null);
      if (++this.#proven >= TRUSTED_AFTER) this.#careful = false;
    });
    budget.trial = turn.catch(() => undefined).finally(() => this.#answered());
    await turn;
  }

  async #settle(settlement: Omit<Settlement, 'token'>): Promise<void> {
    if (await this.#parts.settler.settle({ ...settlement, token: this.held.token })) return;
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
    if (due.order_key !== null) this.#left.add(due.order_key);
  }

  /** Takes the pace from what came back. @returns for how long the lane should rest, in ms */
  #adjustPace(outcome: { ok: boolean; status: number | null; retryAfterMs: number | null }): number {
    const { pace, restMs } = paceAfter(this.#pace, outcome);
    this.#pace = pace;
    if (restMs === 0 || this.#resting) return 0;
    this.#resting = true;
    return restMs;
  }

  /** Keeps the breaker with the lane: open for so many milliseconds, or closed. */
  async #keepPace(restMs: number): Promise<void> {
    this.#keptStreak = this.#pace.slowStreak;
    await this.#parts.lanes.rest(this.held, restMs, this.#keptStreak);
  }

  /** Nothing is due: waits a moment for more, reads once more from the start, releases. True when done. */
  async #finish(): Promise<boolean> {
    if (!this.#empty) {
      if (this.#parts.lingerMs > 0) {
        await this.#something(this.#parts.lingerMs);
        if (this.#again || this.#closing || this.#lost) return false;
      }
      this.#rewind();
      return false;
    }
    this.#empty = false;
    await this.#carryRate();
    if (await this.#parts.lanes.release(this.held, this.#wake)) return true;
    // Woken since that read, or no longer ours: the next read tells which.
    this.#rewind();
    return false;
  }

  /** Releases a lane that stops or rests although something may be due. True when done. */
  async #letGo(): Promise<boolean> {
    this.#dropBuffer();
    await this.#place();
    await this.#carryRate();
    if (this.#restMs > 0) await this.#parts.lanes.rest(this.held, this.#restMs, this.#pace.slowStreak);
    const read = await this.#parts.lanes.read({ ...this.held, ...QUEUE_START, maxRows: 1, maxBytes: 0 });
    if (!read.held) return true;
    return this.#parts.lanes.release(this.held, read.wake);
  }

  /** Leaves to the next holder how far the rate is used up. */
  async #carryRate(): Promise<void> {
    const carried = this.#rate?.carried(this.#parts.clock.monotonic());
    if (carried && carried.used > 0) await this.#parts.lanes.carry(this.held, carried);
  }

  #dropBuffer(which: (due: DueDelivery) => boolean = () => true): void {
    const kept = this.#buffer.filter((due) => !which(due));
    for (const due of this.#buffer) if (which(due)) this.#parts.budget.bytes -= due.bytes;
    this.#buffer.splice(0, this.#buffer.length, ...kept);
  }

  /** Another has the lease although we live: what took it over was no crash of ours. */
  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#signal?.();
    this.#parts.lanes.forgive(this.held).catch(() => undefined);
  }

  /** Waits until something happens: an answer, a read, a nudge, or time. */
  async #something(ms = WATCH_MS): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#signal = undefined;
  }
}
