import { ApiError } from '../base/errors.ts';
import { makeRecentFailures } from './recent-failures.ts';
import { networkOf, widerNetworkOf } from './sign-in-throttle.ts';

/**
 * Limits how many passwords are hashed at once: each takes one of libuv's four threads, 32 MiB and a quarter of a
 * second. Addresses with fewer requests and failures go first; among equal ones networks take turns
 * (decisions/0018).
 */
export interface HashingQueue {
  /**
   * Runs `work` when it is the address's turn. Throws `rate_limited` at once if too many wait, or later if a
   * waiting job has to make room for an address with less pressure.
   * @param address an IP address; the network of an IPv6 customer counts as one
   */
  run<T>(address: string, work: () => Promise<T>): Promise<T>;
}

export interface HashingMaxima {
  /** Concurrent jobs of all addresses. */
  running: number;
  /** Concurrent jobs of one address. */
  runningPerAddress: number;
  waiting: number;
  waitingPerAddress: number;
  /** Waiting jobs of one wider network: a /24 of IPv4, a /48 of IPv6. Default: no limit. */
  waitingPerNetwork?: number;
  /** Waiting places reserved for addresses without pressure. Default: none. */
  reserved?: number;
}

/** One address uses at most half of the places, and waits for about two seconds. */
const HASHING_MAXIMA: HashingMaxima = {
  running: 2,
  runningPerAddress: 1,
  waiting: 32,
  waitingPerAddress: 5,
  waitingPerNetwork: 16,
  reserved: 8,
};

/** The Retry-After of rejected requests, in seconds. */
const RETRY_AFTER_S = 2;

/** The source of a request. Jobs count while they wait or run. */
interface Source {
  address: string;
  network: string;
}

interface Waiting extends Source {
  start(): void;
  refuse(): void;
}

/** @param now wall-clock or monotonic milliseconds */
export function makeHashingQueue(
  max: HashingMaxima = HASHING_MAXIMA,
  now: () => number = Date.now,
): HashingQueue {
  const { waitingPerNetwork = max.waiting, reserved = 0 } = max;
  const recentFailures = makeRecentFailures(now);
  /** In order of arrival. */
  const waiting: Waiting[] = [];
  /** Running jobs by address. */
  const running = new Map<string, number>();
  let runningInAll = 0;

  const runningOf = (address: string) => running.get(address) ?? 0;
  const waitingAt = (address: string) => waiting.filter((item) => item.address === address).length;
  const waitingIn = (network: string) => waiting.filter((item) => item.network === network).length;

  /** 0 for an address with one job and no failures; more jobs and failures increase it. */
  function pressure({ address }: Source, more = 0): number {
    const failures = recentFailures.failuresOf(address);
    if (failures > 0) return failures + 1;
    return runningOf(address) + waitingAt(address) + more > 1 ? 1 : 0;
  }

  function startNext(): void {
    while (runningInAll < max.running) {
      const next = waiting
        .filter(({ address }) => runningOf(address) < max.runningPerAddress)
        .map((item) => ({ item, order: orderOf(item) }))
        .reduce<{ item: Waiting; order: number[] } | null>(
          (best, other) => (best !== null && compare(best.order, other.order) <= 0 ? best : other),
          null,
        );
      if (next === null) return;
      const entry = next.item;
      waiting.splice(waiting.indexOf(entry), 1);
      running.set(entry.address, runningOf(entry.address) + 1);
      runningInAll += 1;
      recentFailures.recordTurn(entry.network);
      recentFailures.recordTurn(entry.address);
      entry.start();
    }
  }

  /** The lowest is hashed next; among equal ones, the one that arrived first. */
  function orderOf(item: Waiting): number[] {
    return [pressure(item), recentFailures.lastTurnOf(item.network), recentFailures.lastTurnOf(item.address)];
  }

  /**
   * Rejects the waiting job with the highest pressure, if it is higher than that of the newcomer. Returns false if
   * there is none.
   */
  function makeRoom(newcomer: Source, among: (item: Waiting) => boolean): boolean {
    const own = pressure(newcomer, 1);
    let worst: { item: Waiting; order: number[] } | null = null;
    for (const entry of waiting.filter(among)) {
      const order = [
        pressure(entry) - own,
        entry.network === newcomer.network ? 0 : waitingIn(entry.network) - waitingIn(newcomer.network) - 1,
        entry.address === newcomer.address ? 0 : waitingAt(entry.address) - waitingAt(newcomer.address) - 1,
      ];
      // Among equal ones, the last to arrive.
      if (compare(order, [0, 0, 0]) > 0 && (worst === null || compare(order, worst.order) >= 0))
        worst = { item: entry, order };
    }
    if (worst === null) return false;
    // An address with several jobs, whose pressure would otherwise fall to that of a single request.
    if (pressure(worst.item) === 1) recentFailures.recordFailure(worst.item.address);
    waiting.splice(waiting.indexOf(worst.item), 1);
    worst.item.refuse();
    return true;
  }

  /** Whether there is a waiting place for one more job, if necessary after rejecting another. */
  function hasPlace(newcomer: Source): boolean {
    const { address, network } = newcomer;
    if (waitingAt(address) >= max.waitingPerAddress) return false;
    if (waitingIn(network) >= waitingPerNetwork && !makeRoom(newcomer, (item) => item.network === network))
      return false;
    const presses = (item: Waiting) => pressure(item) > 0;
    if (
      pressure(newcomer, 1) > 0 &&
      waiting.filter(presses).length >= max.waiting - reserved &&
      !makeRoom(newcomer, presses)
    )
      return false;
    return waiting.length < max.waiting || makeRoom(newcomer, () => true);
  }

  async function turn(source: Source): Promise<void> {
    if (!hasPlace(source)) {
      // A single request that finds all places taken by others is not a failure.
      if (pressure(source, 1) > 0) recentFailures.recordFailure(source.address);
      throw busy();
    }
    await new Promise<void>((resolve, reject) => {
      waiting.push({ ...source, start: resolve, refuse: () => reject(busy()) });
      startNext();
    });
  }

  function end({ address }: Source): void {
    runningInAll -= 1;
    const left = runningOf(address) - 1;
    if (left === 0) running.delete(address);
    else running.set(address, left);
    startNext();
  }

  return {
    async run(input, work) {
      const source = { address: networkOf(input), network: widerNetworkOf(input) };
      await turn(source);
      try {
        return await work();
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) recentFailures.recordFailure(source.address);
        throw error;
      } finally {
        end(source);
      }
    },
  };
}

/** Lexicographic: the first number that differs decides. */
function compare(item: number[], other: number[]): number {
  for (const [at, value] of item.entries()) if (value !== other[at]) return value - other[at]!;
  return 0;
}

function busy(): ApiError {
  const message = `Too many passwords are being checked; try again in ${RETRY_AFTER_S} seconds.`;
  return new ApiError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
}
