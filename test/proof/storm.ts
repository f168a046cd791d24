import { setTimeout as sleep } from 'node:timers/promises';
import { contactIds, drained, makeWebhook } from '../../perf/api.mjs';
import { startHelper } from '../../perf/helper.mjs';
import { startSink } from '../../perf/receiver.mjs';
import type { Installation } from '../kit/process.ts';
import type { Result, Run, Size } from './proof.ts';
import { makeHome, startAnother, startProcess, type Defer, type Process } from './processes.ts';
import { SIZE } from './settings.ts';

/** Requests to one webhook sent and not settled, at most (lane.ts): what a kill or a pause may cause to be sent twice. */
const UNSETTLED = 256;

/** So long nothing is counted only where nothing will be: a lease lasts 15 s, a rest of the breaker 60 s. */
const STALL_MS = 90_000;

/**
 * How many clients there are, and how long the receiver takes: so long that a kill meets many requests that are
 * not settled.
 */
const SHAPES: Record<Size, { connections: number; answerMs: [low: number, high: number] }> = {
  small: { connections: 16, answerMs: [50, 150] },
  whole: { connections: 64, answerMs: [5, 25] },
};

/** What the clients of a storm have seen. */
interface Clients {
  /** Ids answered 201. */
  created: string[];
  /** Requests whose connection broke: they may have landed. */
  unknown: number;
  /** By status. */
  refused: Record<string, number>;
  withoutRetryAfter: number;
  longestMs: number;
}

/** What is left when a storm is over. */
export interface Outcome extends Result {
  clients: Clients;
}

export interface StormOptions {
  home?: Installation;
  /** Settings of the server. */
  env?: Record<string, string>;
  /** So many processes deliver in place of the server. */
  workers?: number;
  /** Options of the webhook. */
  webhook?: object;
}

/** The receiver: its requests are counted when they come in, before they are answered. */
export async function startReceiver(defer: Defer) {
  const sink = await startSink();
  defer(() => sink.end());
  return {
    url: sink.url,
    port: sink.port,
    count: (): Promise<number> => sink.ask('count'),
    /** Refuses connections and breaks the open ones, until `back`. */
    down: (): Promise<void> => sink.ask('down'),
    back: (): Promise<void> => sink.ask('listen', sink.port),
    all: (): Promise<{ keys: string[]; contacts: string[]; versions: number[]; at: number[] }> =>
      sink.ask('all'),
  };
}

/** The process that sends requests. */
export function startLoad(defer: Defer) {
  const load = startHelper('load.mjs');
  defer(() => load.end());
  return load;
}

/** Waits for work that counts; rejects where the count stands still, so that a proof that fails ends. */
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

/** A server with one webhook, clients that create contacts through anything, and a receiver that counts. */
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
  for (let n = 0; n < workers; n++) working.push(await startAnother(defer, home.dataDir, { key }));

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
    /** Says how far it is. */
    underWay,
    /** kill -9 of a worker. */
    async killWorker(n: number) {
      await working[n]!.kill();
      await underWay('worker killed');
    },
    /** Another in the place of one that was killed. */
    async replaceWorker(n: number) {
      working[n] = await startAnother(defer, home.dataDir, { key });
    },
    /** kill -9, and the next start on the same data and port. */
    async killServer() {
      await server.kill();
      await underWay('server killed');
      server = await startProcess(home, { env: { ...settings, PORT: String(port) }, key });
    },
    /**
     * Creates contacts without a pause: 20 to 80 % of so many, however many while `blow` runs, and then the rest.
     * So whatever it does, it does to a server that has work.
     */
    async rage<T>(creates: number, blow: () => Promise<T>): Promise<T> {
      const before = Math.round(creates * (0.2 + 0.6 * random.next()));
      const from: number = await load.ask('progress');
      const raging: Promise<void> = load.ask('storm', { port, key, connections });
      // Awaited below, unless something fails before.
      raging.catch(() => {});
      const progress = (): Promise<number> => load.ask('progress');
      const begun = (async () => {
        while ((await progress()) < from + before) await sleep(5);
      })();
      await unlessStalled(begun, progress);
      const result = await blow();
      await load.ask('calm', creates - before);
      await unlessStalled(raging, progress);
      return result;
    },
    /** Waits until deliveries go out again: a holder that was killed has a lease that must run out first. */
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
     * Waits for the last delivery, compares what was answered, what is stored and what arrived, and stops.
     * @param kills kills and pauses, each of which may repeat what was not settled
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

interface Seen {
  clients: Clients;
  /** Ids of the contacts in the store. */
  stored: Set<string>;
  /** Of every request that arrived: path and webhook-id. */
  keys: string[];
  /** Of every request that arrived: the contact's id. */
  contacts: string[];
  /** How many repeats the kills explain. */
  bound: number;
}

function compare({ clients, stored, keys, contacts, bound }: Seen): Outcome {
  const arrived = new Set(contacts);
  const lostRecords = clients.created.filter((id) => !stored.has(id)).length;
  const lostEvents = [...stored].filter((id) => !arrived.has(id)).length;
  const strangers = [...arrived].filter((id) => !stored.has(id)).length;
  const duplicates = keys.length - new Set(keys).size;
  const faults = [
    lostRecords > 0 ? `${lostRecords} contacts were answered 201 and are not stored` : '',
    lostEvents > 0 ? `${lostEvents} contacts are stored and their event never arrived` : '',
    strangers > 0 ? `${strangers} events arrived whose contact is not stored` : '',
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

/** Answers other than 201 and 503 with Retry-After, each as a fault. */
export function oddAnswers({ refused, withoutRetryAfter }: Clients): string[] {
  const faults = Object.keys(refused)
    .filter((status) => status !== '503')
    .map((status) => `answered ${refused[status]} × ${status}`);
  if (withoutRetryAfter > 0) faults.push(`${withoutRetryAfter} refusals without Retry-After`);
  return faults;
}
