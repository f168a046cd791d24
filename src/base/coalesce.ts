/** Thrown when a queue in front of the store is full. Nothing of the item was written. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

export interface CoalesceOptions<Item, Result> {
  /** Runs one batch. Returns a result for each item, in order; an `Error` at an index fails that item only. */
  run(items: Item[]): Promise<(Result | Error)[]>;
  /** The number of batches that may run at once. */
  slots: number;
  /** Items of one group always use the same slot, in order of arrival. */
  groupOf(item: Item): string;
  /**
   * Keys that may occur once in a batch (a record's id, a unique value); a second item with the key waits for the
   * next batch.
   */
  keysOf?(item: Item): readonly string[];
  /** The item's weight towards `maxWeight` and its approximate size in bytes. Defaults: 1 and 0. */
  weigh?(item: Item): { weight: number; bytes: number };
  /** Limits of one batch. A single item may exceed them and then runs alone. */
  maxWeight?: number;
  maxBytes?: number;
  /** The maximum weight that one group may add to a batch while other groups wait. */
  maxGroupWeight?: number;
  /** The maximum number of waiting items over all slots; above it `Overloaded` is thrown at once. */
  maxWaiting?: number;
  /**
   * How long `add` waits for an item, in milliseconds, and the error it then throws. An item that has not started
   * by then never runs; an item in a running batch may still be committed.
   */
  timeout?: { ms: number; error(): Error };
}

/**
 * Combines items that arrive while a batch is running into the next batch, so that a hundred concurrent requests
 * cost the store one statement. There is no timer: an idle slot starts at the end of the current turn of the event
 * loop.
 */
export interface Coalescer<Item, Result> {
  add(item: Item): Promise<Result>;
  /** The same without a promise, for callers with thousands of items a second. */
  enqueue(item: Item, resolve: (result: Result) => void, reject: (error: Error) => void): void;
  /** Items waiting or running. */
  readonly pending: number;
}

/** An item without a result. A class, so that an item needs no functions of its own. */
class Waiting<Item, Result> {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly weight: number;
  readonly bytes: number;
  /** Monotonic time of arrival, in milliseconds. */
  readonly since = performance.now();
  /** Already answered, or timed out. */
  done = false;
  /** Where it is until it is answered. */
  readonly #pending: Set<Waiting<Item, Result>>;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    item: Item,
    options: CoalesceOptions<Item, Result>,
    pending: Set<Waiting<Item, Result>>,
    answer: { resolve(result: Result): void; reject(error: Error): void },
  ) {
    const { weight, bytes } = options.weigh?.(item) ?? LIGHT;
    this.item = item;
    this.keys = options.keysOf?.(item) ?? NO_KEYS;
    this.weight = weight;
    this.bytes = bytes;
    this.#pending = pending;
    this.#resolve = answer.resolve;
    this.#reject = answer.reject;
    pending.add(this);
  }

  conclude(result: Result | Error): void {
    this.done = true;
    this.#pending.delete(this);
    if (result instanceof Error) this.#reject(result);
    else this.#resolve(result);
  }
}

const LIGHT = { weight: 1, bytes: 0 };
const NO_KEYS: readonly string[] = [];

/** Interval of the timeout check; a timeout error may be this much late. */
const TIMEOUT_CHECK_MS = 250;

export function coalesce<Item, Result>(options: CoalesceOptions<Item, Result>): Coalescer<Item, Result> {
  const maxWaiting = options.maxWaiting ?? 10_000;
  const slots = Array.from({ length: options.slots }, () => makeSlot(options));
  /** All items without a result, oldest first. */
  const pending = new Set<Waiting<Item, Result>>();
  const watch = options.timeout ? makeWatch(pending, options.timeout) : () => {};

  function enqueue(item: Item, resolve: (result: Result) => void, reject: (error: Error) => void): void {
    if (pending.size >= maxWaiting)
      return reject(new Overloaded(`${pending.size} writes are waiting already`));
    const group = options.groupOf(item);
    const waiting = new Waiting(item, options, pending, { resolve, reject });
    watch();
    slots[slotOf(group, slots.length)]!.add(group, waiting);
  }

  return {
    get pending() {
      return pending.size;
    },

    add: (item) => new Promise<Result>((resolve, reject) => enqueue(item, resolve, reject)),
    enqueue,
  };
}

/** One timer for all items, and none while nothing waits: a timer for each item would cost more than the item. */
function makeWatch<Item, Result>(
  pending: Set<Waiting<Item, Result>>,
  timeout: { ms: number; error(): Error },
): () => void {
  let timer: NodeJS.Timeout | null = null;
  const look = () => {
    const late = performance.now() - timeout.ms;
    for (const waiting of pending) {
      if (waiting.since > late) break;
      waiting.conclude(timeout.error());
    }
    if (pending.size > 0) return;
    clearInterval(timer!);
    timer = null;
  };
  return () => {
    timer ??= setInterval(look, TIMEOUT_CHECK_MS);
  };
}

function makeSlot<Item, Result>(options: CoalesceOptions<Item, Result>) {
  /** Waiting items by group, in the order of the groups' turns. */
  const queues = new Map<string, Waiting<Item, Result>[]>();
  let busy = false;
  let scheduled = false;

  function startBatch(): void {
    scheduled = false;
    const batch = nextBatch(queues, options);
    if (batch.length === 0) return;
    busy = true;
    void options.run(batch.map((waiting) => waiting.item)).then(
      (results) => finishBatch(batch, results),
      (error: unknown) =>
        finishBatch(
          batch,
          batch.map(() => toError(error)),
        ),
    );
  }

  /**
   * Starts the next batch before it resolves the items of this one: resolving keeps this process busy for a while,
   * and the store should not wait for that. The turn of the event loop in between sends the statement.
   */
  function finishBatch(batch: Waiting<Item, Result>[], results: (Result | Error)[]): void {
    busy = false;
    if (queues.size === 0) return settle(batch, results);
    startBatch();
    setImmediate(() => settle(batch, results));
  }

  return {
    add(group: string, waiting: Waiting<Item, Result>): void {
      const queue = queues.get(group);
      if (queue) queue.push(waiting);
      else queues.set(group, [waiting]);
      if (!busy && !scheduled) {
        scheduled = true;
        setImmediate(startBatch);
      }
    },
  };
}

/** Selects the items of a batch: first each waiting group's share, then further items while there is room. */
function nextBatch<Item, Result>(
  queues: Map<string, Waiting<Item, Result>[]>,
  options: CoalesceOptions<Item, Result>,
): Waiting<Item, Result>[] {
  const batch: Waiting<Item, Result>[] = [];
  const keys = new Set<string>();
  const room = { weight: options.maxWeight ?? 128, bytes: options.maxBytes ?? 4 * 1024 * 1024 };
  const share = queues.size > 1 ? (options.maxGroupWeight ?? 32) : Infinity;
  const served = new Set<string>();

  for (const limit of share === Infinity ? [Infinity] : [share, Infinity]) {
    for (const [group, queue] of queues) {
      if (room.weight <= 0) break;
      const before = batch.length;
      const rest = addGroup(queue, limit, batch, room, keys);
      if (batch.length > before) served.add(group);
      if (rest.length === 0) queues.delete(group);
      else queues.set(group, rest);
    }
  }
  // Groups that got a place move to the end of the queue, so that no group starves.
  for (const group of served) {
    const rest = queues.get(group);
    if (!rest) continue;
    queues.delete(group);
    queues.set(group, rest);
  }
  return batch;
}

/**
 * Moves a group's items into the batch, in order, until its share or the room is used up. An item that shares a
 * key with the batch, or with a skipped item, is skipped too: the order per key is kept.
 * @returns the remaining items
 */
function addGroup<Item, Result>(
  queue: Waiting<Item, Result>[],
  share: number,
  batch: Waiting<Item, Result>[],
  room: { weight: number; bytes: number },
  keys: Set<string>,
): Waiting<Item, Result>[] {
  const passed: Waiting<Item, Result>[] = [];
  const passedKeys = new Set<string>();
  let taken = 0;
  let at = 0;
  for (; at < queue.length && taken < share; at++) {
    const waiting = queue[at]!;
    if (waiting.done) continue;
    if (batch.length > 0 && (waiting.weight > room.weight || waiting.bytes > room.bytes)) break;
    if (waiting.keys.some((key) => keys.has(key) || passedKeys.has(key))) {
      for (const key of waiting.keys) passedKeys.add(key);
      passed.push(waiting);
      continue;
    }
    for (const key of waiting.keys) keys.add(key);
    batch.push(waiting);
    taken += waiting.weight;
    room.weight -= waiting.weight;
    room.bytes -= waiting.bytes;
  }
  return passed.concat(queue.slice(at));
}

function settle<Item, Result>(batch: Waiting<Item, Result>[], results: (Result | Error)[]): void {
  batch.forEach((waiting, at) => {
    const result = at < results.length ? results[at]! : new Error('the batch returned too few results');
    if (!waiting.done) waiting.conclude(result);
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Distributes groups over slots by FNV-1a of the text. */
function slotOf(group: string, slots: number): number {
  if (slots === 1) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < group.length; at++) hash = Math.imul(hash ^ group.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % slots;
}
