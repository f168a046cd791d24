import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { DnsError, makeLookup, type Answer } from './dns-lookup.ts';
import { plainHost } from './egress-guard.ts';
import { openHostsFile, SYSTEM_HOSTS } from './hosts-file.ts';

/**
 * Turns host names into addresses. `dns.lookup` is not used: it runs on libuv's four threads, shared with
 * password hashing. Behind 16 scrypts `localhost` took 3.2 s, and four dead domains would stall every
 * delivery. c-ares needs no threads.
 */
export interface Resolver {
  /**
   * All addresses of a name, IPv4 first; an address resolves to itself. Search domains do not apply. Throws
   * `DnsError`. A caller whose signal fires stops waiting; the query continues for the others.
   */
  resolve(host: string, signal: AbortSignal): Promise<string[]>;
}

export interface ResolverOptions {
  clock: Clock;
  /** `address` or `address:port` of each server; the system's servers if left out. */
  servers?: readonly string[];
  hostsFile?: string;
  /** How long a whole look-up may take, with all its tries; milliseconds. */
  limitMs?: number;
  /** Names that may be looked up at the same time; a look-up of more than half a second no longer counts. */
  concurrency?: number;
  /** Names that are cached. */
  maxNames?: number;
}

/** Bounds of a record's TTL: 0 would mean a query for each connection. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 60_000;
/** How long "no such name" and "no answer" are cached. */
const FAILURE_TTL_MS = 5_000;

/** What is known of a name; an expired entry only says whether the last look-up succeeded. */
interface Entry {
  until: number;
  result: string[] | DnsError;
}

export function makeResolver(options: ResolverOptions): Resolver {
  const { clock, maxNames = 10_000 } = options;
  const hosts = openHostsFile(options.hostsFile ?? SYSTEM_HOSTS, clock);
  const lookup = makeLookup(options);
  const known = new Map<string, Entry>();
  const asking = new Map<string, Promise<string[]>>();

  async function ask(name: string): Promise<string[]> {
    const before = known.get(name)?.result;
    const doubtful = before instanceof DnsError && before.reason !== 'not_found';
    try {
      const answer = await lookup(name, doubtful);
      remember(name, answer.addresses, lifetime(answer));
      return answer.addresses;
    } catch (error) {
      if (error instanceof DnsError) remember(name, error, FAILURE_TTL_MS);
      throw error;
    } finally {
      asking.delete(name);
    }
  }

  /** The name resolved longest ago makes room: a Map keeps its insertion order. */
  function remember(name: string, result: string[] | DnsError, forMs: number): void {
    known.delete(name);
    if (known.size >= maxNames) known.delete(known.keys().next().value!);
    known.set(name, { until: clock.monotonic() + forMs, result });
  }

  return {
    async resolve(host, signal) {
      if (isIP(host)) return [host];
      const name = plainHost(host);
      const local = hosts.find(name);
      if (local) return local;
      const entry = known.get(name);
      if (entry && clock.monotonic() < entry.until) {
        if (entry.result instanceof DnsError) throw entry.result;
        return entry.result;
      }
      if (signal.aborted) throw gaveUp();
      let answer = asking.get(name);
      if (!answer) asking.set(name, (answer = ask(name)));
      return unlessAborted(answer, signal);
    },
  };
}

function lifetime(answer: Answer): number {
  return Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, answer.ttlS * 1000));
}

/** Rejects with `DnsError` once the signal fires; the query continues. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(gaveUp());
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function gaveUp(): DnsError {
  return new DnsError('timeout', 'the caller stopped waiting for the name');
}
