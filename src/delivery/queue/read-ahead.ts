import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import { MAX_WINDOW } from '../endpoint/breaker.ts';
import { QUEUE_START, type DueDelivery, type Held, type LaneRead, type Lanes } from './claim.ts';

/** Bodies held at once by a process: 32 MiB. */
export const MAX_BYTES = 32 * 1024 * 1024;

/** Rows that one lane holds ahead of its sending. */
const MAX_LANE_ROWS = 2 * MAX_WINDOW;
/**
 * Rows that all lanes of a process hold ahead. A thousand lanes with all their rows in memory made garbage collection
 * three times as expensive.
 */
const MAX_ROWS = 2_048;
/** Rows that a lane may always read, whatever the others hold; twice as many after each read that it used up fast. */
const MIN_LANE_ROWS = 8;
const FAST_MS = 100;

/** A lane that has sent everything it read reads again after this long, while requests are under way. */
const REREAD_MS = 1_000;
/**
 * A reader starts again from the beginning after this long, to find a row that was committed late behind its cursor.
 */
const REWIND_MS = 5_000;
/** How long to wait after a failed read, in ms. */
const PAUSE_MS = 250;

export interface ReadAheadParts {
  lanes: Lanes;
  clock: Clock;
  log: Logger;
  /** Of all lanes of the process: bytes read and not yet settled, and rows read and not yet sent. */
  budget: { bytes: number; rows: number };
  /** Adds the numbers of records to deliveries that need them. */
  addNumbers(workspaceId: Uuid, due: readonly DueDelivery[]): Promise<void>;
}

/** What the lane does after a read. */
export interface ReadListener {
  /** The lane is still held; what is due was taken over. */
  read(read: LaneRead): void;
  /** The lane is no longer held. */
  lost(): void;
  /** The database did not answer. */
  failed(): void;
  /** A read has ended, whatever its result. */
  ended(): void;
}

/**
 * Reads what is due on a held lane ahead of the sending, in the order in which it became due. For a webhook that
 * keeps the order of a record's events, it also ranks them (record-order.ts).
 */
export class ReadAhead {
  /** The lane's `wake`, as the last read returned it. */
  wake = 0;

  readonly #parts: ReadAheadParts;
  readonly #held: Held;
  readonly #on: ReadListener;
  readonly #rows: DueDelivery[] = [];
  #cursor = QUEUE_START;
  #readFrom = 0;
  #readAt = 0;
  #reading = false;
  /** As of the last read, nothing more is due. */
  #drained = false;
  /** Rows that it may read whatever the others hold. */
  #portion = MIN_LANE_ROWS;
  /** The next read begins when no more than these rows are left. */
  #lowWater = 0;
  /** The last read began at the start, with nothing in flight, and found nothing. */
  #empty = false;
  #again = false;
  /** Monotonic time at which the next row that is known becomes due. */
  #nextAt = Infinity;
  /** There are unranked rows; and the records of which a row has left the queue. */
  #unranked = false;
  readonly #left = new Set<Uuid>();

  constructor(parts: ReadAheadParts, held: Held, on: ReadListener) {
    this.#parts = parts;
    this.#held = held;
    this.#on = on;
  }

  /** Rows that were read and not taken yet. */
  get size(): number {
    return this.#rows.length;
  }

  /** Whether enough rows are left, and no read is needed yet. */
  get isAmple(): boolean {
    return this.#rows.length > this.#lowWater;
  }

  get reading(): boolean {
    return this.#reading;
  }

  /** Whether it was nudged since it last read. */
  get nudged(): boolean {
    return this.#again;
  }

  /** No rows left and, as far as is known, nothing to read. */
  get exhausted(): boolean {
    return this.#rows.length === 0 && !this.#reading && this.#drained && !this.#stirred;
  }

  /** Nothing is due: the last read saw all of the queue. */
  get empty(): boolean {
    return this.#empty && !this.#stirred;
  }

  /** Monotonic time of the next known due row; Infinity if there is none, or if there is more to read at once. */
  get nextAt(): number {
    return this.#drained && !this.#reading ? this.#nextAt : Infinity;
  }

  get #stirred(): boolean {
    return this.#again || this.#unranked || this.#left.size > 0;
  }

  nudge(): void {
    this.#again = true;
  }

  /** A row of this record has left the queue: the next one can be ranked. */
  recordLeft(record: Uuid): void {
    this.#left.add(record);
  }

  /** A row becomes due after this long. */
  expect(inMs: number): void {
    this.#nextAt = Math.min(this.#nextAt, this.#parts.clock.monotonic() + inMs);
  }

  next(): DueDelivery {
    this.#parts.budget.rows -= 1;
    return this.#rows.shift()!;
  }

  drop(which: (due: DueDelivery) => boolean = () => true): void {
    const { budget } = this.#parts;
    const kept = this.#rows.filter((due) => !which(due));
    for (const due of this.#rows) if (which(due)) budget.bytes -= due.bytes;
    budget.rows -= this.#rows.length - kept.length;
    this.#rows.splice(0, this.#rows.length, ...kept);
  }

  rewind(): void {
    this.#cursor = QUEUE_START;
    this.#readFrom = this.#parts.clock.monotonic();
    this.#drained = false;
    this.#empty = false;
  }

  /**
   * Starts a read if there is room for one; sending continues meanwhile.
   * @param inFlight what was taken from here and is still in the queue, by id
   */
  fill(inFlight: ReadonlyMap<Uuid, DueDelivery>): void {
    if (this.#reading) return;
    if (this.#stirred) {
      this.#again = false;
      this.#drained = false;
    }
    const now = this.#parts.clock.monotonic();
    if (this.#drained && now >= this.#nextAt) this.#drained = false;
    const held = this.#rows.length;
    if (this.#drained && held === 0 && inFlight.size > 0 && now - this.#readAt > REREAD_MS)
      this.#drained = false;
    if (!this.#drained && now - this.#readFrom > REWIND_MS) this.rewind();
    if (this.#drained || held > this.#lowWater) return;
    const { budget } = this.#parts;
    // A lane that has no rows may always read one, whatever the others hold.
    if (inFlight.size + held > 0 && budget.bytes >= MAX_BYTES) return;
    this.#portion = now - this.#readAt < FAST_MS ? Math.min(MAX_LANE_ROWS, 2 * this.#portion) : MIN_LANE_ROWS;
    const share = Math.max(this.#portion, MAX_ROWS - budget.rows);
    void this.#read(Math.min(MAX_LANE_ROWS - held, share), inFlight);
  }

  async #read(wanted: number, inFlight: ReadonlyMap<Uuid, DueDelivery>): Promise<void> {
    const { lanes, clock, log, budget } = this.#parts;
    this.#reading = true;
    this.#readAt = clock.monotonic();
    this.#lowWater = Math.floor(wanted / 4);
    // Reserved, so that lanes that read at the same time share the rest.
    budget.rows += wanted;
    try {
      await this.promote();
      const known = new Set([...inFlight.keys(), ...this.#rows.map((due) => due.id)]);
      const fromStart = this.#cursor === QUEUE_START;
      const maxRows = fromStart ? wanted + known.size : wanted;
      const maxBytes = Math.max(0, MAX_BYTES - budget.bytes);
      if (clock.monotonic() >= this.#nextAt) this.#nextAt = Infinity;
      const read = await lanes.read({ ...this.#held, ...this.#cursor, maxRows, maxBytes });
      if (!read.held) return this.#on.lost();
      if (read.due[0]?.own_names) await this.#parts.addNumbers(this.#held.workspaceId, read.due);
      // A row that was left out because of its size is found at the latest by the read before the release.
      this.#drained = read.due.length < maxRows && bytesOf(read.due) <= maxBytes / 2;
      this.#take(read, known);
      this.#empty = fromStart && read.due.length === 0 && known.size === 0;
      this.#on.read(read);
    } catch (error) {
      log.debug({ err: (error as Error).message, webhook: this.#held.endpointId }, 'lane read failed');
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      this.#on.failed();
    } finally {
      budget.rows -= wanted;
      this.#reading = false;
      this.#on.ended();
    }
  }

  #take({ due, wake, unranked, nextInMs }: LaneRead, known: ReadonlySet<Uuid>): void {
    this.wake = wake;
    if (nextInMs !== null) this.expect(nextInMs);
    this.#unranked ||= unranked;
    const last = due.at(-1);
    if (last) this.#cursor = { afterDue: last.due_at, afterId: last.id };
    const { budget } = this.#parts;
    for (const item of due) {
      if (known.has(item.id)) continue;
      this.#rows.push(item);
      budget.rows += 1;
      budget.bytes += item.bytes;
    }
  }

  /**
   * Ranks rows in the order of their records, if some are unranked or one has left the queue; then reads from the
   * start.
   */
  async promote(): Promise<void> {
    if (!this.#unranked && this.#left.size === 0) return;
    const left = [...this.#left];
    this.#left.clear();
    try {
      const placed = await this.#parts.lanes.promote(this.#held, left);
      this.#unranked = placed.more;
      if (placed.due > 0) this.rewind();
    } catch (error) {
      for (const record of left) this.#left.add(record);
      throw error;
    }
  }
}

function bytesOf(due: readonly DueDelivery[]): number {
  return due.reduce((sum, { bytes }) => sum + bytes, 0);
}
