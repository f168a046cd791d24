/** What is thrown when a queue in front of the store is full; nothing of the item was written. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

export interface CoalesceOptions<Item, Result> {
  /** Carries out one flight: a result for each item, in order; an `Error` in a place fails that item alone. */
  run(items: Item[]): Promise<(Result | Error)[]>;
  /** How many flights may be in the air at once. */
  slots: number;
  /** Items of one group always ride the same slot, in the order in which they came. */
  groupOf(item: Item): string;
  /** What may be once in a flight only (a record's id, a unique value); a second one waits for the next. */
  keysOf?(item: Item): readonly string[];
  /** How much an item counts towards `maxWeight` and, roughly, its size in bytes. Default 1 and 0. */
  weigh?(item: Item): { weight: number; bytes: number };
  /** Limits of one flight. A single item may exceed them: it then flies alone. */
  maxWeight?: number;
  maxBytes?: number;
  /** The most that one group may bring into a flight while other groups wait. */
  maxGroupWeight?: number;
  /** Items that may wait, over all slots; beyond it `Overloaded` is thrown at once. */
  maxWaiting?: number;
  /**
   * How long an item is waited for, in milliseconds, and what is thrown then. What has not taken off by then
   * never does; what is in the air may still land.
   */
  timeout?: { ms: number; error(): Error };
}

/**
 * Gathers items that arrive while others are in the air into one flight, so that a hundred concurrent
 * requests cost the store one statement. There is no timer: an idle slot takes off at the end of the
 * current turn of the event loop.
 */
export interface Coalescer<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Items waiting or in the air. */
  readonly pending: number;
}

interface Waiting<Item, Result> {
  item: Item;
  keys: readonly string[];
  weight: number;
  bytes: number;
  /** Monotonic time of arrival, in milliseconds. */
  since: number;
  /** Answered already: it was waited for too long. */
  done: boolean;
  resolve(result: Result): void;
  reject(error: Error): void;
}

/** How often waiting items are looked at for being too late: so much too late an answer may come. */
const LOOK_EVERY_MS = 250;

export function coalesce<Item, Result>(options: CoalesceOptions<Item, Result>): Coalescer<Item, Result> {
  const maxWaiting = options.maxWaiting ?? 10_000;
  const slots = Array.from({ length: options.slots }, () => makeSlot(options));
  /** All that have no answer yet, oldest first. */
  const pending = new Set<Waiting<Item, Result>>();
  const watch = options.timeout ? makeWatch(pending, options.timeout) : () => {};

  return {
    get pending() {
      return pending.size;
    },

    add(item) {
      if (pending.size >= maxWaiting)
        return Promise.reject(new Overloaded(`${pending.size} writes are waiting already`));
      const group = options.groupOf(item);
      const { weight, bytes } = options.weigh?.(item) ?? { weight: 1, bytes: 0 };
      const keys = options.keysOf?.(item) ?? [];
      return new Promise<Result>((resolve, reject) => {
        const waiting: Waiting<Item, Result> = {
          item,
          keys,
          weight,
          bytes,
          since: performance.now(),
          done: false,
          resolve(result) {
            waiting.done = true;
            pending.delete(waiting);
            resolve(result);
          },
          reject(error) {
            waiting.done = true;
            pending.delete(waiting);
            reject(error);
          },
        };
        pending.add(waiting);
        watch();
        slots[slotOf(group, slots.length)]!.add(group, waiting);
      });
    },
  };
}

/** One timer for all, and none while nothing waits: a timer for each item would cost more than the item. */
function makeWatch<Item, Result>(
  pending: Set<Waiting<Item, Result>>,
  timeout: { ms: number; error(): Error },
): () => void {
  let timer: NodeJS.Timeout | null = null;
  const look = () => {
    const late = performance.now() - timeout.ms;
    for (const waiting of pending) {
      if (waiting.since > late) break;
      waiting.reject(timeout.error());
    }
    if (pending.size > 0) return;
    clearInterval(timer!);
    timer = null;
  };
  return () => {
    timer ??= setInterval(look, LOOK_EVERY_MS);
  };
}

function makeSlot<Item, Result>(options: CoalesceOptions<Item, Result>) {
  /** By group, in the order in which the groups' turns come. */
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
   * The next flight leaves before the passengers of this one get out: their answers keep this process busy
   * for a while, and the store should not wait for that. The turn of the event loop in between lets the
   * statement reach the wire.
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

/** Chooses who flies: each waiting group gets its share first, what room is left goes round again. */
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
  // Who got a place goes to the end of the row, so that no group waits behind the others for ever.
  for (const group of served) {
    const rest = queues.get(group);
    if (!rest) continue;
    queues.delete(group);
    queues.set(group, rest);
  }
  return batch;
}

/**
 * Moves a group's items into the flight, in order, until its share or the room is used up. An item that
 * shares a key with the flight, or with one that was passed over, is passed over too: per key, order holds.
 * @returns what stays behind
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
    const result = at < results.length ? results[at]! : new Error('a flight brought back too few results');
    if (waiting.done) return;
    if (result instanceof Error) waiting.reject(result);
    else waiting.resolve(result);
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Spreads groups over slots; FNV-1a over the text. */
function slotOf(group: string, slots: number): number {
  if (slots === 1) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < group.length; at++) hash = Math.imul(hash ^ group.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % slots;
}
