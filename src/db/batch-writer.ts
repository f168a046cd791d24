import { coalesce, Overloaded, type Coalescer } from '../base/coalesce.ts';
import { unavailable } from '../base/errors.ts';
import { BatchRunner, GRACE_MS, type BatchRun, type Entry, type Outcome } from './batch-runner.ts';
import { TIMEOUT_MS, type Database } from './pool.ts';

export interface BatchPlan<Item, Result> extends BatchRun<Item, Result> {
  keysOf?(item: Item): readonly string[];
  weigh?(item: Item): { weight: number; bytes: number };
  slots?: number;
  maxWeight?: number;
  /** Items that may wait; beyond it they are refused with `unavailable`. Default: as `coalesce` has it. */
  maxWaiting?: number;
  /** How long an item waits for a database that is gone, in milliseconds; default `TIMEOUT_MS`. */
  timeoutMs?: number;
}

/** Writes items in batches; `add` and `enqueue` fail with what became of the item. */
export type BatchWriter<Item, Result> = Coalescer<Item, Result>;

/** Gathers concurrent writes into batches (base/coalesce.ts), which `BatchRunner` carries out. */
export function makeBatchWriter<Item, Result>(
  db: Database,
  plan: BatchPlan<Item, Result>,
): BatchWriter<Item, Result> {
  const timeoutMs = plan.timeoutMs ?? TIMEOUT_MS;
  const batches = new BatchRunner(db, plan, timeoutMs);
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

  function enqueue(item: Item, resolve: (result: Result) => void, reject: (error: Error) => void): void {
    const refuse = (error: Error) =>
      reject(error instanceof Overloaded ? unavailable('Too many writes are waiting.', 1) : error);
    const take = (result: Outcome<Result>): void => {
      if (result instanceof Error) reject(result);
      else if (result instanceof Promise) result.then(take, refuse);
      else resolve(result);
    };
    inner.enqueue({ item, deadline: performance.now() + timeoutMs, isUnsure: false }, take, refuse);
  }

  return {
    get pending() {
      return inner.pending;
    },
    add: (item) => new Promise<Result>((resolve, reject) => enqueue(item, resolve, reject)),
    enqueue,
  };
}
