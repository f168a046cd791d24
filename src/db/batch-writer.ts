import { coalesce, Overloaded, type Coalescer } from '../base/coalesce.ts';
import { ApiError, unavailable } from '../base/errors.ts';
import { failureKind, isUniqueViolation } from './failure.ts';
import { TIMEOUT_MS, withTimeout, type Database, type Queryable } from './pool.ts';

/** Returned for an item whose row was changed by someone else between reading and writing. */
export const RETRY = Symbol('retry');

export interface BatchPlan<Item, Result> {
  /** Writes the items in one atomic statement, possibly after reads. Results in order. */
  run(on: Queryable, items: Item[]): Promise<(Result | Error | typeof RETRY)[]>;
  /**
   * After a connection was lost during the statement: returns the results of those items that were committed. Omit
   * it if running an item twice is harmless.
   */
  committed?(on: Queryable, items: Item[]): Promise<(Result | undefined)[]>;
  groupOf(item: Item): string;
  keysOf?(item: Item): readonly string[];
  weigh?(item: Item): { weight: number; bytes: number };
  slots?: number;
  maxWeight?: number;
  /** Maximum number of waiting items; above it `unavailable` is thrown. Default: that of `coalesce`. */
  maxWaiting?: number;
  /** How long an item waits for an unreachable database, in milliseconds; default `TIMEOUT_MS`. */
  timeoutMs?: number;
}

/** Writes items in batches; `add` throws the error of the item. */
export type BatchWriter<Item, Result> = Coalescer<Item, Result>;

/** An item of a batch with the state of its tries. */
interface Entry<Item> {
  item: Item;
  /** Monotonic time until which the item waits for an unreachable database. */
  deadline: number;
  /** The statement may have been committed although its response was lost. */
  isUnsure: boolean;
}

type Outcome<Result> = Result | Error | Promise<Result | Error>;
type Results<Item, Result> = Map<Entry<Item>, Outcome<Result>>;

/** Maximum tries of a batch that conflicts with other changes. */
const MAX_CONFLICTS = 20;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;
/** Longer than a batch itself waits for the database: its own error is more specific. */
const GRACE_MS = 500;

/**
 * Combines writes into batches (see base/coalesce) and handles failures. A deadlock retries the whole batch with
 * the same ids. Bad data retries its items one by one. A lock held elsewhere moves that group to a side
 * connection. A lost connection first looks up what was committed.
 */
export function makeBatchWriter<Item, Result>(
  db: Database,
  plan: BatchPlan<Item, Result>,
): BatchWriter<Item, Result> {
  const timeoutMs = plan.timeoutMs ?? TIMEOUT_MS;
  const batches = new Batches(db, plan, timeoutMs);
  const inner = coalesce<Entry<Item>, Outcome<Result>>({
    slots: plan.slots ?? 2,
    groupOf: ({ item }) => plan.groupOf(item),
    ...(plan.keysOf && { keysOf: ({ item }: Entry<Item>) => plan.keysOf!(item) }),
    ...(plan.weigh && { weigh: ({ item }: Entry<Item>) => plan.weigh!(item) }),
    maxWeight: plan.maxWeight ?? 128,
    ...(plan.maxWaiting !== undefined && { maxWaiting: plan.maxWaiting }),
    timeout: { ms: timeoutMs + GRACE_MS, error: () => unavailable('The database does not answer.', 2) },
    run: (batch) => batches.run(batch),
  });

  return {
    get pending() {
      return inner.pending;
    },
    async add(item) {
      try {
        const result = await inner.add({ item, deadline: performance.now() + timeoutMs, isUnsure: false });
        if (result instanceof Error) throw result;
        return result;
      } catch (error) {
        throw error instanceof Overloaded ? unavailable('Too many writes are waiting.', 1) : error;
      }
    },
  };
}

class Batches<Item, Result> {
  readonly #db: Database;
  readonly #plan: BatchPlan<Item, Result>;
  readonly #timeoutMs: number;
  /** Groups blocked by a lock elsewhere: their items wait for this promise instead of joining batches. */
  readonly #sidelined = new Map<string, Promise<unknown>>();

  constructor(db: Database, plan: BatchPlan<Item, Result>, timeoutMs: number) {
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

  /** Runs entries until each has a result; the kind of failure determines the retry. */
  async #untilDone(on: Queryable, entries: Entry<Item>[], results: Results<Item, Result>): Promise<void> {
    let left = entries;
    let conflicts = 0;
    for (let pause = FIRST_PAUSE_MS; left.length > 0;) {
      try {
        left = await this.#once(on, left, results);
        conflicts += 1;
        if (left.length > 0 && conflicts > MAX_CONFLICTS)
          return fail(
            left,
            new ApiError('conflict', 'The record is being changed by others; try again.'),
            results,
          );
      } catch (error) {
        switch (failureKind(error)) {
          case 'conflict':
            if (++conflicts > MAX_CONFLICTS)
              return fail(left, unavailable('The write conflicts with other changes; try again.'), results);
            break;
          case 'locked':
            if (on === this.#db.side)
              return fail(left, unavailable('Another change is blocking this workspace.'), results);
            for (const [group, locked] of this.#byGroup(left)) this.#sideline(group, locked, results);
            return;
          case 'data':
            if (left.length > 1) return this.#oneByOne(on, left, results);
            if (!(left[0]!.isUnsure && isUniqueViolation(error))) return fail(left, badData(error), results);
            break; // Its id exists already: the lost try was committed. The next look-up finds it.
          case 'lost':
            for (const entry of left) entry.isUnsure = true;
            left = dropLate(left, results);
            await new Promise((resolve) => setTimeout(resolve, pause));
            pause = Math.min(pause * 2, MAX_PAUSE_MS);
            break;
          default:
            return fail(left, error as Error, results);
        }
      }
    }
  }

  /** Runs one try. Returns the entries to retry. */
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

/** Fails the entries whose deadline has passed; returns the others. */
function dropLate<Item, Result>(entries: Entry<Item>[], results: Results<Item, Result>): Entry<Item>[] {
  const now = performance.now();
  const late = entries.filter((entry) => entry.deadline <= now);
  fail(late, unavailable('The database cannot be reached.', 2), results);
  return entries.filter((entry) => entry.deadline > now);
}

/** A value that the schema accepted and PostgreSQL rejected: the message must not repeat the value. */
function badData(error: unknown): Error {
  const { code } = error as { code?: string };
  if (isUniqueViolation(error)) return new ApiError('conflict', 'A record with this value already exists.');
  return new ApiError(
    'validation_error',
    `A value cannot be stored: it is too large, or the database does not support it (${code ?? 'unknown'}).`,
  );
}
