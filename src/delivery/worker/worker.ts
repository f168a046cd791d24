import type { Uuid } from '../../base/id.ts';
import { LEASE_MS } from '../queue/claim.ts';
import { Lane, type LaneParts } from './lane.ts';
import { makeSendBudget } from './send-budget.ts';

/** Lanes a process holds at once. */
const MAX_LANES = 2_000;
/** Lanes taken by one statement. */
const CLAIM_BATCH = 100;
/** How often an idle worker looks for lanes that other processes left, and for what is due next, in ms. */
const POLL_MS = 1_000;
/** Lanes that become due one after the other are claimed together, this far apart, in ms. */
const GATHER_MS = 20;
const RENEW_MS = LEASE_MS / 3;

/** What a worker needs; it makes the other parts of a lane itself. */
type WorkerParts = Omit<LaneParts, 'idleTimeoutMs' | 'budget' | 'giveUp'>;

/**
 * Takes due lanes and runs them. Any number of workers, in any number of processes, share one database.
 */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #budget = makeSendBudget();
  readonly #held = new Map<Uuid, { lane: Lane; done: Promise<void> }>();
  #running: Promise<void> | undefined;
  #stopping = false;
  #renewals: NodeJS.Timeout | undefined;
  #interrupt: (() => void) | undefined;
  #notified = false;
  /** Monotonic time at which the first sleeping lane that is known becomes due. */
  #dueAt = Infinity;
  #lookedAheadAt = -Infinity;
  readonly #giveUp = new AbortController();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  get held(): number {
    return this.#held.size;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (this.#running) return;
    this.#running = this.#loop();
  }

  /** Lanes of these endpoints have become due: lanes held here read again, the others are claimed. */
  onNotify(endpointIds: readonly Uuid[] | '*'): void {
    const ids = endpointIds === '*' ? [...this.#held.keys()] : endpointIds;
    for (const id of ids) this.#held.get(id)?.lane.nudge();
    if (endpointIds === '*' || endpointIds.some((id) => !this.#held.has(id))) this.#notify();
  }

  /** An endpoint has changed: it is reloaded before anything more is sent to it. */
  endpointChanged(endpointId: Uuid): void {
    this.#held.get(endpointId)?.lane.refresh();
  }

  /**
   * Claims no more lanes, finishes what is in flight, releases what is held.
   * @param graceMs after this long, requests under way are cancelled; they are sent again later
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const timeout = setTimeout(() => this.#giveUp.abort(), graceMs);
    this.#notify();
    for (const { lane } of this.#held.values()) lane.stop();
    await this.#running;
    await Promise.all([...this.#held.values()].map(({ done }) => done));
    clearTimeout(timeout);
    clearInterval(this.#renewals);
    this.#renewals = undefined;
  }

  /**
   * One pass: sends what is due now and returns when nothing due is left. Lanes that another process holds are
   * skipped.
   * @param workspaceId only this workspace's lanes; null for all
   * @returns how many webhooks were processed
   */
  async pass(workspaceId: Uuid | null): Promise<number> {
    const seen = new Set<Uuid>();
    for (;;) {
      const taken = await this.#claim(workspaceId, 0);
      if (taken.length === 0) return seen.size;
      for (const { endpointId } of taken) seen.add(endpointId);
      await Promise.all(taken.map(({ done }) => done));
    }
  }

  async #loop(): Promise<void> {
    let failing = false;
    while (!this.#stopping) {
      const startedAt = this.#now;
      const wasDue = this.#dueAt <= startedAt;
      if (wasDue) this.#dueAt = Infinity;
      try {
        const taken = await this.#claim(null, IDLE_TIMEOUT_MS);
        const lookAhead = wasDue || taken.length === 0 || startedAt >= this.#lookedAheadAt + POLL_MS;
        if (lookAhead) await this.#lookAhead();
        failing = false;
        if (taken.length === CLAIM_BATCH) continue;
      } catch (error) {
        // Logged once per outage, not once per second.
        if (!failing)
          this.#parts.log.warn(
            { err: (error as Error).message },
            'cannot claim lanes: the database cannot be reached',
          );
        failing = true;
      }
      await this.#sleep(startedAt);
    }
  }

  /** Finds out which lane is due next. A process knows of the lanes it released itself; this finds the others. */
  async #lookAhead(): Promise<void> {
    this.#lookedAheadAt = this.#now;
    const inMs = await this.#parts.lanes.nextDue(2 * POLL_MS);
    if (inMs !== null) this.#expect(inMs);
  }

  /** A lane becomes due after `inMs`: the sleep ends then. */
  #expect(inMs: number): void {
    const at = this.#now + inMs;
    if (at >= this.#dueAt) return;
    this.#dueAt = at;
    this.#interrupt?.();
  }

  get #now(): number {
    return this.#parts.clock.monotonic();
  }

  /** Claims a batch of due lanes and runs them; `done` resolves when a lane is released. */
  async #claim(
    workspaceId: Uuid | null,
    idleTimeoutMs: number,
  ): Promise<{ endpointId: Uuid; done: Promise<void> }[]> {
    const room = Math.min(CLAIM_BATCH, MAX_LANES - this.#held.size);
    if (room <= 0) return [];
    const requestedAt = this.#parts.clock.monotonic();
    const claimed = await this.#parts.lanes.claim(room, this.#parts.newId(), workspaceId);
    return claimed.map((item) => {
      const parts = {
        ...this.#parts,
        budget: this.#budget,
        giveUp: this.#giveUp.signal,
        idleTimeoutMs: idleTimeoutMs,
      };
      return { endpointId: item.endpoint_id, done: this.#hold(new Lane(parts, item, requestedAt)) };
    });
  }

  #hold(lane: Lane): Promise<void> {
    const { endpointId } = lane.held;
    // After an outage longer than the lease, this process may claim a lane that it believes it holds.
    this.#held.get(endpointId)?.lane.abandon();
    const done = lane
      .run()
      .catch((error: Error) => {
        this.#parts.log.warn(
          { err: error.message, webhook: endpointId },
          'lane abandoned: its lease will run out',
        );
      })
      .finally(() => {
        if (this.#held.get(endpointId)?.lane === lane) this.#held.delete(endpointId);
        this.#parts.metrics.lanesHeld.set(this.#held.size);
        if (lane.dueInMs !== null) this.#expect(lane.dueInMs);
        // A nudge that came during the release is handled by the next claim.
        if (lane.nudged) this.#notify();
      });
    this.#held.set(endpointId, { lane, done });
    this.#parts.metrics.lanesHeld.set(this.#held.size);
    this.#renewals ??= setInterval(() => this.#renew(), RENEW_MS).unref();
    if (this.#stopping) lane.stop();
    return done;
  }

  #renew(): void {
    for (const { lane } of this.#held.values()) {
      lane
        .renew()
        .catch((error: Error) => this.#parts.log.debug({ err: error.message }, 'lease not renewed'));
    }
  }

  #notify(): void {
    this.#notified = true;
    this.#interrupt?.();
  }

  /** Sleeps until it is notified, a lane is due, or it is time to poll. */
  async #sleep(lastClaimAt: number): Promise<void> {
    const pollAt = this.#now + POLL_MS;
    while (!this.#notified) {
      const until = Math.min(pollAt, Math.max(this.#dueAt, lastClaimAt + GATHER_MS));
      const ms = Math.ceil(until - this.#now);
      if (ms <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#interrupt = undefined;
    }
    this.#notified = false;
  }
}

/** A lane with nothing to do is kept this long: with a steady trickle it is claimed once, and not once per event. */
const IDLE_TIMEOUT_MS = 250;
