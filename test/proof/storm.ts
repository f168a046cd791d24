import { setTimeout as sleep } from 'node:timers/promises';
import { contactIds, drained, makeWebhook } from '../../perf/api.mjs';
import { startHelper } from '../../perf/helper.mjs';
import { startSink } from '../../perf/receiver.mjs';
import type { Installation } from '../kit/process.ts';
import type { Result, Run, Size } from './proof.ts';
import type { Random } from './random.ts';
import { makeHome, startSecond, startProcess, type Defer, type Process } from './processes.ts';
import { SIZE } from './settings.ts';

/** The maximum of unsettled requests to one webhook (lane.ts): a kill or a pause may repeat as many. */
const UNSETTLED = 256;

/** Without progress for this time, a proof is stuck: a lease lasts 15 s, a pause of the breaker 60 s. */
const STALL_MS = 90_000;

/**
 * How many clients there are, and how long the receiver takes to answer: long enough that a kill meets many unsettled
 * requests.
 */
const SHAPES: Record<Size, { connections: number; answerMs: [low: number, high: number] }> = {
  small: { connections: 16, answerMs: [50, 150] },
  whole: { connections: 64, answerMs: [5, 25] },
};

/** The responses that the clients of a storm received. */
interface Clients {
  /** Ids answered 201. */
  created: string[];
  /** Requests whose connection broke: they may have been committed. */
  unknown: number;
  /** By status. */
  refused: Record<string, number>;
  withoutRetryAfter: number;
  longestMs: number;
}

/** The result of a storm. */
export interface Outcome extends Result {
  clients: Clients;
}

export interface StormOptions {
  home?: Installation;
  /** Settings of the server. */
  env?: Record<string, string>;
  /** Number of worker processes that deliver in place of the server. */
  workers?: number;
  /** Options of the webhook. */
  webhook?: object;
}

/** Starts the receiver. Requests are counted when they are received, before they are answered. */
export async function startReceiver(defer: Defer) {
  const sink = await startSink();
  defer(() => sink.end());
  return {
    url: sink.url,
    port: sink.port,
    count: (): Promise<number> => sink.ask('count'),
    /** Refuses connections and closes the open ones, until `back`. */
    down: (): Promise<void> => sink.ask('down'),
    back: (): Promise<void> => sink.ask('listen', sink.port),
    all: (): Promise<{ keys: string[]; contacts: string[]; versions: number[]; at: number[] }> =>
      sink.ask('all'),
  };
}

/** Starts the process that sends requests. */
export function startLoad(defer: Defer) {
  const load = startHelper('load.mjs');
  defer(() => load.end());
  return load;
}

/** Waits for work; rejects if `count` makes no progress, so that a failing proof ends. */
export async function unlessStalled<T>(work: Promise<T>, count: () => Promise<number>): Promise<T> {
  let last = -1;
  let since = performance.now();
  const done = work.then(() => true);
  while (!(await Promise.race([done, sleep(20, false)]))) {
    const now = await count();
    if (now !== last) since = performance.now();
    else if (performance.now() - since > STALL_MS) throw new Error(`still at ${now} after ${STALL_MS} ms`);
    last = now;
  }
  return work;
}

/** Starts a server with one webhook, clients that create contacts, and a receiver that counts. */
export async function startStorm(
  { random, log, defer }: Pick<Run<unknown>, 'random' | 'log' | 'defer'>,
  { home: existing, env = {}, workers = 0, webhook: options = {} }: StormOptions = {},
) {
  const receiver = await startReceiver(defer);
  const load = startLoad(defer);
  const home = existing ?? (await makeHome(defer));
  const settings = { ...env, ...(workers > 0 && { FAIRLEAD_SERVICES: 'api,web' }) };
  let server = await startProcess(home, { env: settings });
  const { key, port } = server;
  const { connections, answerMs } = SHAPES[SIZE];
  const path = `/slow/${random.between(...answerMs)}/storm`;
  const webhook = await makeWebhook(server, receiver.url + path, options);
  const working: Process[] = [];
  for (let n = 0; n < workers; n++) working.push(await startSecond(defer, home.dataDir, { key }));

  const untilDrained = async (timeoutMs = 120_000): Promise<void> => {
    const until = performance.now() + timeoutMs;
    while (!(await drained(server, webhook))) {
      if (performance.now() > until) throw new Error(`deliveries still wait after ${timeoutMs} ms`);
      await sleep(250);
    }
  };

  const underWay = async (what: string): Promise<void> => {
    const [answered, received] = [await load.ask('progress'), await receiver.count()];
    log(`${what}: ${answered} answered, ${received} received`);
  };

  return {
    home,
    receiver,
    working,
    get server() {
      return server;
    },
    /** Logs the progress. */
    underWay,
    /** Kills a worker with SIGKILL. */
    async killWorker(n: number) {
      await working[n]!.kill();
      await underWay('worker killed');
    },
    /** Replaces a killed worker. */
    async replaceWorker(n: number) {
      working[n] = await startSecond(defer, home.dataDir, { key });
    },
    /** Kills the server with SIGKILL, and starts it again on the same data and port. */
    async killServer() {
      await server.kill();
      await underWay('server killed');
      server = await startProcess(home, { env: { ...settings, PORT: String(port) }, key });
    },
    /**
     * Creates contacts without a pause: 20 to 80 % of `creates`, any number while `disrupt` runs, and then the rest. So
     * `disrupt` always runs on a server under load.
     */
    rage: <T>(creates: number, disrupt: () => Promise<T>): Promise<T> =>
      rage(load, { port, key, connections, creates, random }, disrupt),
    /** Waits until deliveries are sent again: the lease of a killed worker must expire first. */
    async untilFlowing(timeoutMs = 60_000) {
      const from = await receiver.count();
      const until = performance.now() + timeoutMs;
      while ((await receiver.count()) === from) {
        if (performance.now() > until) throw new Error(`nothing was delivered for ${timeoutMs} ms`);
        await sleep(50);
      }
    },
    untilDrained,
    /**
     * Waits for the last delivery, compares responses, stored records and received events, and stops the processes.
     * @param kills number of kills and pauses, each of which may repeat unsettled requests
     */
    async outcome(kills: number): Promise<Outcome> {
      await untilDrained();
      const stored = await contactIds(server);
      const clients: Clients = await load.ask('seen');
      const { keys, contacts } = await receiver.all();
      for (const item of [...working, server]) await item.stop();
      return compare({ clients, stored, keys, contacts, bound: kills * UNSETTLED });
    },
  };
}

type Load = ReturnType<typeof startLoad>;

/** See `rage` of a storm. */
async function rage<T>(
  load: Load,
  target: { port: number; key: string; connections: number; creates: number; random: Random },
  disrupt: () => Promise<T>,
): Promise<T> {
  const { creates, random, ...clients } = target;
  const before = Math.round(creates * (0.2 + 0.6 * random.next()));
  const from: number = await load.ask('progress');
  const raging: Promise<void> = load.ask('storm', clients);
  // Awaited below, unless something fails first.
  raging.catch(() => {});
  const progress = (): Promise<number> => load.ask('progress');
  const begun = (async () => {
    while ((await progress()) < from + before) await sleep(5);
  })();
  await unlessStalled(begun, progress);
  const result = await disrupt();
  await load.ask('calm', creates - before);
  await unlessStalled(raging, progress);
  return result;
}

interface Seen {
  clients: Clients;
  /** Ids of the contacts in the store. */
  stored: Set<string>;
  /** Path and webhook-id of every received request. */
  keys: string[];
  /** The contact's id of every received request. */
  contacts: string[];
  /** How many repeats the kills may cause. */
  bound: number;
}

function compare({ clients, stored, keys, contacts, bound }: Seen): Outcome {
  const arrived = new Set(contacts);
  const lostRecords = clients.created.filter((id) => !stored.has(id)).length;
  const lostEvents = [...stored].filter((id) => !arrived.has(id)).length;
  const unknown = [...arrived].filter((id) => !stored.has(id)).length;
  const duplicates = keys.length - new Set(keys).size;
  const faults = [
    lostRecords > 0 ? `${lostRecords} contacts were answered 201 and are not stored` : '',
    lostEvents > 0 ? `${lostEvents} contacts are stored and their event never arrived` : '',
    unknown > 0 ? `${unknown} events arrived whose contact is not stored` : '',
    // Without a kill a slow machine may still lose a lease.
    bound > 0 && duplicates > bound ? `${duplicates} requests were repeated, more than ${bound}` : '',
  ];
  const number = (count: number): string => count.toLocaleString('en-US');
  const counts = [
    `${number(clients.created.length)} answered 201`,
    `${number(stored.size)} stored`,
    `${lostRecords} lost records`,
    `${lostEvents} lost events`,
    `${number(keys.length)} requests`,
    `${number(duplicates)} repeated`,
    `${clients.unknown} connections broke`,
    `${clients.refused['503'] ?? 0} answered 503`,
    `longest ${(clients.longestMs / 1000).toFixed(1)} s`,
  ];
  return { clients, counts: counts.join(', '), faults: faults.filter(Boolean) };
}

/** A fault for every response other than 201, and 503 with Retry-After. */
export function oddAnswers({ refused, withoutRetryAfter }: Clients): string[] {
  const faults = Object.keys(refused)
    .filter((status) => status !== '503')
    .map((status) => `answered ${refused[status]} × ${status}`);
  if (withoutRetryAfter > 0) faults.push(`${withoutRetryAfter} refusals without Retry-After`);
  return faults;
}
