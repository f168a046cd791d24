import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, unavailable } from '../base/errors.ts';
import { failureKind, isExclusionViolation, isUniqueViolation } from './failure.ts';
import { withTimeout, type Database } from './pool.ts';
import type { Queryable } from './query.ts';

/** Returned for an item whose row was changed by someone else between reading and writing. */
export const RETRY = Symbol('retry');

/** How a batch is carried out. */
export interface BatchRun<Item, Result> {
  /** Carries out the items in one atomic statement (reads before it are allowed). Results in order. */
  run(on: Queryable, items: Item[]): Promise<(Result | Error | typeof RETRY)[]>;
  /**
   * After a connection was lost with the statement under way: which items were committed nevertheless.
   * Left out where running an item twice does no harm.
   */
  committed?(on: Queryable, items: Item[]): Promise<(Result | undefined)[]>;
  groupOf(item: Item): string;
}

/** An item of a batch, with what is known of its tries. */
export interface Entry<Item> {
  item: Item;
  /** Monotonic time after which the item no longer waits for a database that is gone. */
  deadline: number;
  /** The statement may have committed without our hearing of it. */
  isUnsure: boolean;
}

export type Outcome<Result> = Result | Error | Promise<Result | Error>;
type Results<Item, Result> = Map<Entry<Item>, Outcome<Result>>;

/** Tries of a batch that other changes were in the way of. */
const MAX_CONFLICTS = 20;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;
/** Longer than a batch itself waits for the database: its own error says more. */
export const GRACE_MS = 500;

/**
 * Runs batches, and knows what to do when one fails: a deadlock sends the whole batch again with the same ids, bad data
 * its items one by one, a lock that is held elsewhere moves that group to a side connection, a lost connection looks up
 * what was committed before trying again.
 */
export class BatchRunner<Item, Result> {
  readonly #db: Database;
  readonly #plan: BatchRun<Item, Result>;
  readonly #timeoutMs: number;
  /** Groups held up by a lock elsewhere: their items queue behind this promise, not in the batches. */
  readonly #sidelined = new Map<string, Promise<unknown>>();

  constructor(db: Database, plan: BatchRun<Item, Result>, timeoutMs: number) {
    this.#db = db;
    this.#plan = plan;
    this.#timeoutMs = timeoutMs;
  }

  async run(batch: Entry<Item>[]): Promise<Outcome<Result>[]> {
    const results: Results<Item, Result> = new Map();
    const free: Entry<Item>[] = [];
    for (const [group, entries] of this.#byGroup(batch)) {
      if (this.#sidelined.has(group)) this.#sideline(group, entries, results);
      else free.push(...entries);
    }
    if (free.length > 0) await this.#untilDone(this.#db.pool, free, results);
    return batch.map((entry) => results.get(entry)!);
  }

  /** Runs entries until each has a result; failures of the statement decide how it is tried again. */
  async #untilDone(on: Queryable, entries: Entry<Item>[], results: Results<Item, Result>): Promise<void> {
    let left = entries;
    let conflicts = 0;
    for (let pause = FIRST_PAUSE_MS; left.length > 0;) {
      try {
        left = await this.#once(on, left, results);
        conflicts += 1;
        if (left.length > 0 && conflicts > MAX_CONFLICTS)
          return fail(left, new ApiError('conflict', 'The record keeps changing; try again.'), results);
      } catch (error) {
        switch (failureKind(error)) {
          case 'conflict':
            if (++conflicts > MAX_CONFLICTS)
              return fail(left, unavailable('Other changes are in the way.'), results);
            break;
          case 'locked':
            if (on === this.#db.side)
              return fail(left, unavailable('Another change holds this workspace.'), results);
            for (const [group, locked] of this.#byGroup(left)) this.#sideline(group, locked, results);
            return;
          case 'data':
            if (left.length > 1) return this.#oneByOne(on, left, results);
            if (!(left[0]!.isUnsure && isUniqueViolation(error)) || ++conflicts > MAX_CONFLICTS)
              return fail(left, badData(error), results);
            // Its id may be there already: the try that was lost had committed, and the next look-up finds it. If not,
            // another value of it exists.
            await sleep(FIRST_PAUSE_MS);
            break;
          case 'lost':
            for (const entry of left) entry.isUnsure = true;
            left = dropLate(left, results);
            await sleep(pause);
            pause = Math.min(pause * 2, MAX_PAUSE_MS);
            break;
          default:
            return fail(left, error as Error, results);
        }
      }
    }
  }

  /** One try. Returns who has to be tried again. */
  async #once(on: Queryable, entries: Entry<Item>[], results: Results<Item, Result>): Promise<Entry<Item>[]> {
    const unsure = this.#plan.committed ? entries.filter((entry) => entry.isUnsure) : [];
    if (unsure.length > 0) {
      const found = await this.#plan.committed!(on, itemsOf(unsure));
      unsure.forEach((entry, at) => {
        if (found[at] !== undefined) results.set(entry, found[at]);
      });
    }
    const left = entries.filter((entry) => !results.has(entry));
    if (left.length === 0) return [];
    const outcomes = await this.#plan.run(on, itemsOf(left));
    const again: Entry<Item>[] = [];
    left.forEach((entry, at) => {
      const outcome = outcomes[at];
      if (outcome === RETRY) again.push(entry);
      else results.set(entry, outcome as Result | Error);
    });
    return again;
  }

  async #oneByOne(on: Queryable, entries: Entry<Item>[], results: Results<Item, Result>): Promise<void> {
    for (const entry of entries) await this.#untilDone(on, [entry], results);
  }

  #sideline(group: string, entries: Entry<Item>[], results: Results<Item, Result>): void {
    const own: Results<Item, Result> = new Map();
    const before = this.#sidelined.get(group) ?? Promise.resolve();
    const done = before.then(() => this.#untilDone(this.#db.side, entries, own));
    const settled = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#sidelined.get(group) === settled) this.#sidelined.delete(group);
      });
    this.#sidelined.set(group, settled);
    for (const entry of entries) {
      const result = done.then(() => own.get(entry) as Result | Error);
      results.set(entry, withTimeout(result, this.#timeoutMs + GRACE_MS));
    }
  }

  #byGroup(entries: Entry<Item>[]): Map<string, Entry<Item>[]> {
    const groups = new Map<string, Entry<Item>[]>();
    for (const entry of entries) {
      const group = this.#plan.groupOf(entry.item);
      const others = groups.get(group);
      if (others) others.push(entry);
      else groups.set(group, [entry]);
    }
    return groups;
  }
}

function itemsOf<Item>(entries: Entry<Item>[]): Item[] {
  return entries.map(({ item }) => item);
}

function fail<Item, Result>(entries: Entry<Item>[], error: Error, results: Results<Item, Result>): void {
  for (const entry of entries) results.set(entry, error);
}

/** Gives up on those that have waited long enough; returns the others. */
function dropLate<Item, Result>(entries: Entry<Item>[], results: Results<Item, Result>): Entry<Item>[] {
  const now = performance.now();
  const late = entries.filter((entry) => entry.deadline <= now);
  fail(late, unavailable('The database cannot be reached.', 2), results);
  return entries.filter((entry) => entry.deadline > now);
}

/** A value the schema let through and PostgreSQL did not: the message must not repeat the value. */
export function badData(error: unknown): ApiError {
  const { code } = error as { code?: string };
  if (isExclusionViolation(error)) return new ApiError('slot_taken', 'The time overlaps another record.');
  if (isUniqueViolation(error)) return new ApiError('conflict', 'A record with this value exists already.');
  return new ApiError(
    'validation_error',
    `A value cannot be stored: it is too large, or of a kind that the database does not take (${code ?? 'unknown'}).`,
  );
}
