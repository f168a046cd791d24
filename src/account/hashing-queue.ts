import { ApiError } from '../base/errors.ts';
import { makeRecentFailures } from './recent-failures.ts';
import { networkOf, widerNetworkOf } from './sign-in-throttle.ts';

/**
 * Lets passwords be hashed a few at a time: one takes a thread of libuv's four, 32 MiB and a quarter of a second.
 * Addresses that do not press go first, and of equals networks take turns (decisions/0018).
 */
export interface HashingQueue {
  /**
   * Runs `work` when the address has its turn. Throws `rate_limited` at once where too many wait already, and later
   * where one that waits has to make room for an address that presses less.
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
  /** Of one wider network: a /24 of IPv4, a /48 of IPv6. Default: any number. */
  waitingPerNetwork?: number;
  /** Places to wait that are for addresses that do not press. Default: none. */
  reserved?: number;
}

/** One address holds half of the places at most, and waits for some two seconds. */
const HASHING_MAXIMA: HashingMaxima = {
  running: 2,
  runningPerAddress: 1,
  waiting: 32,
  waitingPerAddress: 5,
  waitingPerNetwork: 16,
  reserved: 8,
};

/** How long whoever is refused is asked to wait, in seconds. */
const RETRY_AFTER_S = 2;

/** Who asks. Works count while they wait or run. */
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
  /** In the order of their arrival. */
  const waiting: Waiting[] = [];
  /** Of each address, the works under way. */
  const running = new Map<string, number>();
  let runningInAll = 0;

  const runningOf = (address: string) => running.get(address) ?? 0;
  const waitingAt = (address: string) => waiting.filter((item) => item.address === address).length;
  const waitingIn = (network: string) => waiting.filter((item) => item.network === network).length;

  /** 0 for an address with one work and no failures; more, the more it presses. */
  function pressure({ address }: Source, more = 0): number {
    const failures = recentFailures.failuresOf(address);
    if (failures > 0) return failures + 1;
    return runningOf(address) + waitingAt(address) + more > 1 ? 1 : 0;
  }

  function startNext(): void {
    while (runningInAll < max.running) {
      const next = waiting
        .filter(({ address }) => runningOf(address) < max.runningPerAddress)
        .map((item) => ({ one: item, order: orderOf(item) }))
        .reduce<{ one: Waiting; order: number[] } | null>(
          (best, other) => (best !== null && compare(best.order, other.order) <= 0 ? best : other),
          null,
        );
      if (next === null) return;
      const { one: entry } = next;
      waiting.splice(waiting.indexOf(entry), 1);
      running.set(entry.address, runningOf(entry.address) + 1);
      runningInAll += 1;
      recentFailures.noteTurn(entry.network);
      recentFailures.noteTurn(entry.address);
      entry.start();
    }
  }

  /** The lowest is hashed next; of equals, the one that arrived first. */
  function orderOf(item: Waiting): number[] {
    return [pressure(item), recentFailures.lastTurnOf(item.network), recentFailures.lastTurnOf(item.address)];
  }

  /** Whoever presses most among some that wait, if more than the newcomer does, is refused. False where nobody does. */
  function makeRoom(newcomer: Source, among: (item: Waiting) => boolean): boolean {
    const own = pressure(newcomer, 1);
    let worst: { one: Waiting; order: number[] } | null = null;
    for (const entry of waiting.filter(among)) {
      const order = [
        pressure(entry) - own,
        entry.network === newcomer.network ? 0 : waitingIn(entry.network) - waitingIn(newcomer.network) - 1,
        entry.address === newcomer.address ? 0 : waitingAt(entry.address) - waitingAt(newcomer.address) - 1,
      ];
      // Of equals, the one that arrived last.
      if (compare(order, [0, 0, 0]) > 0 && (worst === null || compare(order, worst.order) >= 0))
        worst = { one: entry, order };
    }
    if (worst === null) return false;
    // An address with several works, which would look as if it had asked once.
    if (pressure(worst.one) === 1) recentFailures.noteFailure(worst.one.address);
    waiting.splice(waiting.indexOf(worst.one), 1);
    worst.one.refuse();
    return true;
  }

  /** Whether there is a place to wait for one more, which others may have to leave. */
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
      // Who asks once, and finds all places taken by others, has not pressed.
      if (pressure(source, 1) > 0) recentFailures.noteFailure(source.address);
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
        if (error instanceof ApiError && error.status < 500) recentFailures.noteFailure(source.address);
        throw error;
      } finally {
        end(source);
      }
    },
  };
}

/** Like strings: the first number that differs decides. */
function compare(item: number[], other: number[]): number {
  for (const [at, value] of item.entries()) if (value !== other[at]) return value - other[at]!;
  return 0;
}

function busy(): ApiError {
  const message = `Too many passwords are being checked; try again in ${RETRY_AFTER_S} seconds.`;
  return new ApiError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
}
