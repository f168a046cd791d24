import { ApiError } from '../base/errors.ts';
import { networkOf } from './sign-in-throttle.ts';

/**
 * Lets passwords be hashed a few at a time: one takes a thread of libuv's four, 32 MiB and a quarter of a second.
 * Addresses take turns, so one that presses fills its own row and nobody else's (decisions/0018).
 */
export interface HashingQueue {
  /**
   * Runs `work` when the address has its turn. Throws `rate_limited` at once where too many wait already, and later
   * where one that waits has to make room for an address that has fewer.
   * @param address an IP address; the networks of IPv6 customers count as one
   */
  run<T>(address: string, work: () => Promise<T>): Promise<T>;
}

export interface HashingMaxima {
  /** Works under way, over all addresses. */
  running: number;
  /** Works under way of one address. */
  runningPerAddress: number;
  waiting: number;
  waitingPerAddress: number;
}

/** One address holds half of the places at most, and waits for some two seconds. */
const HASHING_MAXIMA: HashingMaxima = {
  running: 2,
  runningPerAddress: 1,
  waiting: 32,
  waitingPerAddress: 5,
};

/** How long whoever is refused is asked to wait, in seconds. */
const RETRY_AFTER_S = 2;

interface Waiting {
  start(): void;
  refuse(): void;
}

interface Row {
  running: number;
  waiting: Waiting[];
}

export function makeHashingQueue(max: HashingMaxima = HASHING_MAXIMA): HashingQueue {
  /** By address, in the order in which their turns come; only those that run or wait. */
  const rows = new Map<string, Row>();
  let running = 0;
  let waiting = 0;

  function startNext(): void {
    for (const [address, row] of rows) {
      if (running >= max.running) return;
      if (row.waiting.length === 0 || row.running >= max.runningPerAddress) continue;
      // To the end of the line: others have their turn before it comes again.
      rows.delete(address);
      rows.set(address, row);
      waiting -= 1;
      row.running += 1;
      running += 1;
      row.waiting.shift()!.start();
    }
  }

  /** Makes room for an address with `own` works waiting; false where none has more of them. */
  function makeRoom(own: number): boolean {
    let longest: Row | undefined;
    for (const row of rows.values()) {
      if (row.waiting.length > (longest?.waiting.length ?? own + 1)) longest = row;
    }
    if (!longest) return false;
    waiting -= 1;
    longest.waiting.pop()!.refuse();
    return true;
  }

  async function turn(address: string): Promise<Row> {
    const row = rows.get(address) ?? { running: 0, waiting: [] };
    if (row.waiting.length >= max.waitingPerAddress) throw busy();
    if (waiting >= max.waiting && !makeRoom(row.waiting.length)) throw busy();
    rows.set(address, row);
    await new Promise<void>((resolve, reject) => {
      row.waiting.push({ start: resolve, refuse: () => reject(busy()) });
      waiting += 1;
      startNext();
    });
    return row;
  }

  return {
    async run(address, work) {
      const network = networkOf(address);
      const row = await turn(network);
      try {
        return await work();
      } finally {
        running -= 1;
        row.running -= 1;
        if (row.running === 0 && row.waiting.length === 0) rows.delete(network);
        startNext();
      }
    },
  };
}

function busy(): ApiError {
  const message = `Too many passwords are being checked; try again in ${RETRY_AFTER_S} seconds.`;
  return new ApiError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
}
