import { ApiError } from '../base/errors.ts';
import { makeRecentFailures, type RecentFailures } from './recent-failures.ts';
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
  return new FairQueue(max, now);
}

/** Networks and addresses take turns. */
class FairQueue implements HashingQueue {
  readonly #max: HashingMaxima;
  readonly #waitingPerNetwork: number;
  readonly #reserved: number;
  readonly #recentFailures: RecentFailures;
  /** In order of arrival. */
  readonly #waiting: Waiting[] = [];
  /** Running jobs by address. */
  readonly #running = new Map<string, number>();
  #runningInAll = 0;

  constructor(max: HashingMaxima, now: () => number) {
    this.#max = max;
    this.#waitingPerNetwork = max.waitingPerNetwork ?? max.waiting;
    this.#reserved = max.reserved ?? 0;
    this.#recentFailures = makeRecentFailures(now);
  }

  async run<T>(input: string, work: () => Promise<T>): Promise<T> {
    const source = { address: networkOf(input), network: widerNetworkOf(input) };
    await this.#turn(source);
    try {
      return await work();
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) this.#recentFailures.recordFailure(source.address);
      throw error;
    } finally {
      this.#end(source);
    }
  }

  #runningOf(address: string): number {
    return this.#running.get(address) ?? 0;
  }

  #waitingAt(address: string): number {
    return this.#waiting.filter((item) => item.address === address).length;
  }

  #waitingIn(network: string): number {
    return this.#waiting.filter((item) => item.network === network).length;
  }

  /** 0 for an address with one job and no failures; more jobs and failures increase it. */
  #pressure({ address }: Source, more = 0): number {
    const failures = this.#recentFailures.failuresOf(address);
    if (failures > 0) return failures + 1;
    return this.#runningOf(address) + this.#waitingAt(address) + more > 1 ? 1 : 0;
  }

  #startNext(): void {
    while (this.#runningInAll < this.#max.running) {
      const next = this.#waiting
        .filter(({ address }) => this.#runningOf(address) < this.#max.runningPerAddress)
        .map((item) => ({ item, order: this.#orderOf(item) }))
        .reduce<{ item: Waiting; order: number[] } | null>(
          (best, other) => (best !== null && compare(best.order, other.order) <= 0 ? best : other),
          null,
        );
      if (next === null) return;
      const entry = next.item;
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      this.#running.set(entry.address, this.#runningOf(entry.address) + 1);
      this.#runningInAll += 1;
      this.#recentFailures.recordTurn(entry.network);
      this.#recentFailures.recordTurn(entry.address);
      entry.start();
    }
  }

  /** The lowest is hashed next; among equal ones, the one that arrived first. */
  #orderOf(item: Waiting): number[] {
    return [
      this.#pressure(item),
      this.#recentFailures.lastTurnOf(item.network),
      this.#recentFailures.lastTurnOf(item.address),
    ];
  }

  /**
   * Rejects the waiting job with the highest pressure, if it is higher than that of the newcomer. Returns false if
   * there is none.
   */
  #makeRoom(newcomer: Source, among: (item: Waiting) => boolean): boolean {
    const own = this.#pressure(newcomer, 1);
    let worst: { item: Waiting; order: number[] } | null = null;
    for (const entry of this.#waiting.filter(among)) {
      const order = [
        this.#pressure(entry) - own,
        entry.network === newcomer.network
          ? 0
          : this.#waitingIn(entry.network) - this.#waitingIn(newcomer.network) - 1,
        entry.address === newcomer.address
          ? 0
          : this.#waitingAt(entry.address) - this.#waitingAt(newcomer.address) - 1,
      ];
      // Among equal ones, the last to arrive.
      if (compare(order, [0, 0, 0]) > 0 && (worst === null || compare(order, worst.order) >= 0))
        worst = { item: entry, order };
    }
    if (worst === null) return false;
    // An address with several jobs, whose pressure would otherwise fall to that of a single request.
    if (this.#pressure(worst.item) === 1) this.#recentFailures.recordFailure(worst.item.address);
    this.#waiting.splice(this.#waiting.indexOf(worst.item), 1);
    worst.item.refuse();
    return true;
  }

  /** Whether there is a waiting place for one more job, if necessary after rejecting another. */
  #hasPlace(newcomer: Source): boolean {
    const { address, network } = newcomer;
    if (this.#waitingAt(address) >= this.#max.waitingPerAddress) return false;
    if (
      this.#waitingIn(network) >= this.#waitingPerNetwork &&
      !this.#makeRoom(newcomer, (item) => item.network === network)
    )
      return false;
    const hasPressure = (item: Waiting) => this.#pressure(item) > 0;
    if (
      this.#pressure(newcomer, 1) > 0 &&
      this.#waiting.filter(hasPressure).length >= this.#max.waiting - this.#reserved &&
      !this.#makeRoom(newcomer, hasPressure)
    )
      return false;
    return this.#waiting.length < this.#max.waiting || this.#makeRoom(newcomer, () => true);
  }

  async #turn(source: Source): Promise<void> {
    if (!this.#hasPlace(source)) {
      // A single request that finds all places taken by others is not a failure.
      if (this.#pressure(source, 1) > 0) this.#recentFailures.recordFailure(source.address);
      throw busy();
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ ...source, start: resolve, refuse: () => reject(busy()) });
      this.#startNext();
    });
  }

  #end({ address }: Source): void {
    this.#runningInAll -= 1;
    const left = this.#runningOf(address) - 1;
    if (left === 0) this.#running.delete(address);
    else this.#running.set(address, left);
    this.#startNext();
  }
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
