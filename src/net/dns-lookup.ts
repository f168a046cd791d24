import { Resolver as Channel, type RecordWithTtl } from 'node:dns';
import type { Clock } from '../base/clock.ts';
import { watchFile } from './hosts-file.ts';

/** A name that could not be resolved; the message is for people and says why. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly reason: 'not_found' | 'timeout' | 'failed';

  constructor(reason: DnsError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Answer {
  /** IPv4 first: many machines have an IPv6 address and no route. Never empty. */
  addresses: string[];
  /** The shortest TTL of the records, in seconds. */
  ttlS: number;
}

/**
 * Asks DNS for a name's A and AAAA records. `doubtful` names, which gave no answer last time, have lower priority.
 */
export type Lookup = (name: string, doubtful: boolean) => Promise<Answer>;

/** Two tries of 1.5 and, as c-ares doubles it, up to 3 s, cut at 4 s: the shortest timeout of a webhook is 5 s. */
const TRY_MS = 1_500;
const TRIES = 2;
const LIMIT_MS = 4_000;
const CONCURRENCY = 256;

export function makeLookup(options: {
  clock: Clock;
  servers?: readonly string[];
  limitMs?: number;
  concurrency?: number;
}): Lookup {
  const channel = openChannel(options.clock, options.servers);
  const inTurn = makeTurns(options.concurrency ?? CONCURRENCY);

  return (name, doubtful) => {
    if (!/^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name)) {
      return Promise.reject(new DnsError('not_found', 'the host is not a valid DNS name'));
    }
    return inTurn(doubtful, () => query(channel(), name, options.limitMs ?? LIMIT_MS));
  };
}

/** c-ares reads resolv.conf once; when the machine changes its network, a new channel is needed. */
function openChannel(clock: Clock, servers: readonly string[] | undefined): () => Channel {
  const changed = watchFile('/etc/resolv.conf', clock);
  let channel: Channel | undefined;

  return function current() {
    if (!channel || (!servers && changed())) {
      channel = new Channel({ timeout: TRY_MS, tries: TRIES });
      if (servers) channel.setServers(servers);
    }
    return channel;
  };
}

/** A query that lasts longer gives up its slot and continues without one. */
const PLACE_MS = 500;

/**
 * Limits how many queries begin at once; the others wait in order. Doubtful names get at most half of the slots, and
 * slow queries keep none. So names whose servers are dead, however many, cannot hold up the others.
 */
function makeTurns(places: number): <T>(doubtful: boolean, work: () => Promise<T>) => Promise<T> {
  const sure = { places, busy: 0, waiting: [] as (() => void)[] };
  const unsure = { places: Math.max(1, places >> 1), busy: 0, waiting: [] as (() => void)[] };

  function next(): void {
    for (const line of [sure, unsure]) {
      while (line.waiting.length > 0 && line.busy < line.places && sure.busy + unsure.busy < places) {
        line.busy += 1;
        line.waiting.shift()!();
      }
    }
  }

  return async (doubtful, work) => {
    const line = doubtful ? unsure : sure;
    await new Promise<void>((resolve) => {
      line.waiting.push(resolve);
      next();
    });
    let holds = true;
    const leave = () => {
      if (!holds) return;
      holds = false;
      line.busy -= 1;
      next();
    };
    const slow = setTimeout(leave, PLACE_MS);
    try {
      return await work();
    } finally {
      clearTimeout(slow);
      leave();
    }
  };
}

/** How long to wait for the second family after the first has answered: some servers drop every AAAA query. */
const SECOND_FAMILY_MS = 250;

/** Asks for both families at once. A failure of one does not matter if the other has addresses. */
function query(channel: Channel, name: string, limitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const found: [RecordWithTtl[], RecordWithTtl[]] = [[], []];
    const failures: DnsError[] = [];
    let open = 2;
    let timer = setTimeout(finish, limitMs);

    function finish(): void {
      clearTimeout(timer);
      const records = found.flat();
      if (records.length === 0) return reject(worst(failures, open, limitMs));
      resolve({
        addresses: records.map((record) => record.address),
        ttlS: Math.min(...records.map((record) => record.ttl)),
      });
    }

    function onAnswer(family: 0 | 1, error: NodeJS.ErrnoException | null, records: RecordWithTtl[]): void {
      open -= 1;
      if (error) failures.push(explain(error));
      else found[family] = records;
      if (open === 0) return finish();
      if (found[family].length === 0) return;
      clearTimeout(timer);
      timer = setTimeout(finish, Math.min(limitMs, SECOND_FAMILY_MS));
    }

    channel.resolve4(name, { ttl: true }, (error, records) => onAnswer(0, error, records));
    channel.resolve6(name, { ttl: true }, (error, records) => onAnswer(1, error, records));
  });
}

/** A timeout or an error says more about a name than a family without records. */
function worst(failures: readonly DnsError[], unanswered: number, limitMs: number): DnsError {
  if (unanswered > 0) return new DnsError('timeout', `no answer from DNS within ${limitMs} ms`);
  return failures.find((failure) => failure.reason !== 'not_found') ?? failures[0] ?? notFound();
}

function explain(error: NodeJS.ErrnoException): DnsError {
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return notFound();
  if (error.code === 'ETIMEOUT') return new DnsError('timeout', 'no answer from DNS');
  return new DnsError('failed', `DNS answered with an error (${error.code ?? 'unknown'})`);
}

function notFound(): DnsError {
  return new DnsError('not_found', 'the name has no address');
}
