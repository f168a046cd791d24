import { coalesce, Overloaded, type Coalescer } from '../base/coalesce.ts';
import { ApiError, unavailable } from '../base/errors.ts';
import { failureKind, isUniqueViolation } from './failure.ts';
import { inTime, PATIENCE_MS, type Database, type Queryable } from './pool.ts';

/** Returned for an item whose row was changed by someone else between reading and writing. */
export const AGAIN = Symbol('again');

export interface FlightPlan<Item, Result> {
  /** Carries out the items in one atomic statement (reads before it are allowed). Results in order. */
  run(on: Queryable, items: Item[]): Promise<(Result | Error | typeof AGAIN)[]>;
  /**
   * After a connection was lost with the statement under way: which items are in the store all the same.
   * Left out where running an item twice does no harm.
   */
  landed?(on: Queryable, items: Item[]): Promise<(Result | undefined)[]>;
  groupOf(item: Item): string;
  keysOf?(item: Item): readonly string[];
  weigh?(item: Item): { weight: number; bytes: number };
  slots?: number;
  maxWeight?: number;
  /** Items that may wait; beyond it they are refused with `unavailable`. Default: as `coalesce` has it. */
  maxWaiting?: number;
  /** How long an item waits for a database that is gone, in milliseconds; default `PATIENCE_MS`. */
  patienceMs?: number;
}

interface Passenger<Item> {
  item: Item;
  /** Monotonic time after which the item no longer waits for a database that is gone. */
  deadline: number;
  /** The statement may have landed without our hearing of it. */
  unsure: boolean;
}

type Outcome<Result> = Result | Error | Promise<Result | Error>;

/**
 * Gathers writes into flights (see base/coalesce) and knows what to do when one fails: a deadlock sends
 * the whole flight again with the same ids, bad data its items one by one, a lock that is held elsewhere
 * moves that group to a side connection, a lost connection looks up what landed before trying again.
 */
export function flights<Item, Result>(db: Database, plan: FlightPlan<Item, Result>): Coalescer<Item, Result> {
  /** Groups held up by a lock elsewhere: their items queue behind this promise, not in the flights. */
  const sidelined = new Map<string, Promise<unknown>>();

  const patienceMs = plan.patienceMs ?? PATIENCE_MS;
  const inner = coalesce<Passenger<Item>, Outcome<Result>>({
    slots: plan.slots ?? 2,
    groupOf: (p) => plan.groupOf(p.item),
    ...(plan.keysOf && { keysOf: (p: Passenger<Item>) => plan.keysOf!(p.item) }),
    ...(plan.weigh && { weigh: (p: Passenger<Item>) => plan.weigh!(p.item) }),
    maxWeight: plan.maxWeight ?? 128,
    ...(plan.maxWaiting !== undefined && { maxWaiting: plan.maxWaiting }),
    // A little longer than the flight itself waits: its own error says more.
    patience: { ms: patienceMs + 500, error: () => unavailable('The database does not answer.', 2) },
    fly,
  });

  return {
    get pending() {
      return inner.pending;
    },
    async add(item) {
      try {
        const passenger = { item, deadline: performance.now() + patienceMs, unsure: false };
        const result = await inner.add(passenger);
        if (result instanceof Error) throw result;
        return result;
      } catch (error) {
        throw error instanceof Overloaded ? unavailable('Too many writes are waiting.', 1) : error;
      }
    },
  };

  async function fly(flight: Passenger<Item>[]): Promise<Outcome<Result>[]> {
    const results = new Map<Passenger<Item>, Outcome<Result>>();
    const free: Passenger<Item>[] = [];
    for (const [group, members] of byGroup(flight)) {
      if (sidelined.has(group)) sideline(group, members, results);
      else free.push(...members);
    }
    if (free.length > 0) await carry(db.pool, free, results);
    return flight.map((passenger) => results.get(passenger)!);
  }

  /** Runs passengers until each has a result; failures of the statement decide how it is tried again. */
  async function carry(
    on: Queryable,
    passengers: Passenger<Item>[],
    results: Map<Passenger<Item>, Outcome<Result>>,
  ): Promise<void> {
    let left = passengers;
    let conflicts = 0;
    for (let pause = 20; left.length > 0;) {
      try {
        left = await once(on, left, results);
        conflicts += 1;
        if (left.length > 0 && conflicts > 20)
          return fail(left, new ApiError('conflict', 'The record keeps changing; try again.'), results);
      } catch (error) {
        switch (failureKind(error)) {
          case 'conflict':
            if (++conflicts > 20) return fail(left, unavailable('Other changes are in the way.'), results);
            break;
          case 'locked':
            if (on === db.side)
              return fail(left, unavailable('Another change holds this workspace.'), results);
            for (const [group, members] of byGroup(left)) sideline(group, members, results);
            return;
          case 'data':
            if (left.length > 1) return oneByOne(on, left, results);
            if (!(left[0]!.unsure && isUniqueViolation(error))) return fail(left, badData(error), results);
            break; // Its id is there already: the try that was lost had landed. The next look-up finds it.
          case 'lost':
            for (const passenger of left) passenger.unsure = true;
            left = dropLate(left, results);
            await new Promise((resolve) => setTimeout(resolve, pause));
            pause = Math.min(pause * 2, 250);
            break;
          default:
            return fail(left, error as Error, results);
        }
      }
    }
  }

  /** One try. Returns who has to be tried again. */
  async function once(
    on: Queryable,
    passengers: Passenger<Item>[],
    results: Map<Passenger<Item>, Outcome<Result>>,
  ): Promise<Passenger<Item>[]> {
    const unsure = plan.landed ? passengers.filter((passenger) => passenger.unsure) : [];
    if (unsure.length > 0) {
      const found = await plan.landed!(
        on,
        unsure.map((passenger) => passenger.item),
      );
      unsure.forEach((passenger, at) => {
        if (found[at] !== undefined) results.set(passenger, found[at]);
      });
    }
    const left = passengers.filter((passenger) => !results.has(passenger));
    if (left.length === 0) return [];
    const outcomes = await plan.run(
      on,
      left.map((passenger) => passenger.item),
    );
    const again: Passenger<Item>[] = [];
    left.forEach((passenger, at) => {
      const outcome = outcomes[at];
      if (outcome === AGAIN) again.push(passenger);
      else results.set(passenger, outcome as Result | Error);
    });
    return again;
  }

  async function oneByOne(
    on: Queryable,
    passengers: Passenger<Item>[],
    results: Map<Passenger<Item>, Outcome<Result>>,
  ): Promise<void> {
    for (const passenger of passengers) await carry(on, [passenger], results);
  }

  function sideline(
    group: string,
    members: Passenger<Item>[],
    results: Map<Passenger<Item>, Outcome<Result>>,
  ): void {
    const aside = new Map<Passenger<Item>, Outcome<Result>>();
    const done = (sidelined.get(group) ?? Promise.resolve()).then(() => carry(db.side, members, aside));
    const settled = done
      .catch(() => undefined)
      .finally(() => {
        if (sidelined.get(group) === settled) sidelined.delete(group);
      });
    sidelined.set(group, settled);
    for (const member of members) {
      results.set(
        member,
        inTime(
          done.then(() => aside.get(member) as Result | Error),
          patienceMs + 500,
        ),
      );
    }
  }

  function byGroup(passengers: Passenger<Item>[]): Map<string, Passenger<Item>[]> {
    const groups = new Map<string, Passenger<Item>[]>();
    for (const passenger of passengers) {
      const group = plan.groupOf(passenger.item);
      const members = groups.get(group);
      if (members) members.push(passenger);
      else groups.set(group, [passenger]);
    }
    return groups;
  }
}

function fail<Item, Result>(
  passengers: Passenger<Item>[],
  error: Error,
  results: Map<Passenger<Item>, Outcome<Result>>,
): void {
  for (const passenger of passengers) results.set(passenger, error);
}

/** Gives up on those that have waited long enough; returns the others. */
function dropLate<Item, Result>(
  passengers: Passenger<Item>[],
  results: Map<Passenger<Item>, Outcome<Result>>,
): Passenger<Item>[] {
  const now = performance.now();
  const late = passengers.filter((passenger) => passenger.deadline <= now);
  fail(late, unavailable('The database can not be reached.', 2), results);
  return passengers.filter((passenger) => passenger.deadline > now);
}

/** A value the schema let through and PostgreSQL did not: the message must not repeat the value. */
function badData(error: unknown): Error {
  const { code } = error as { code?: string };
  if (isUniqueViolation(error)) return new ApiError('conflict', 'A record with this value exists already.');
  return new ApiError(
    'validation_error',
    `A value cannot be stored: it is too large, or of a kind that the database does not take (${code ?? 'unknown'}).`,
  );
}
