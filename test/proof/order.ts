import { setTimeout as sleep } from 'node:timers/promises';
import { call, drained, makeWebhook } from '../../perf/api.mjs';
import { now } from '../../perf/now.mjs';
import { LEASE_MS } from '../../src/delivery/queue/claim.ts';
import { makeHome, signal, startSecond, startProcess } from './processes.ts';
import type { Proof, Result } from './proof.ts';
import { startLoad, startReceiver, unlessStalled } from './storm.ts';

/** A worker is killed and replaced, or paused past its lease while another one runs. */
type Disruption = 'kill' | 'pause';
type Mark = [disruption: string, at: number];

interface Sizes {
  records: number;
  perRecord: number;
  /** How many kills, followed by one pause; null: one of either, by the seed. */
  kills: number | null;
  pauseMs: number;
  answerMs: [low: number, high: number];
}

/**
 * Changes of contacts, sent to one webhook with `ordering: "record"`, with kills of the worker and a pause past its lease.
 * No event of a record may arrive after a newer one, unless it arrived before: repeats are allowed.
 */
export const order: Proof<Sizes> = {
  name: 'order',
  promise: "a record's events arrive in order, whatever happens to the workers",
  sizes: {
    small: { records: 16, perRecord: 40, kills: null, pauseMs: LEASE_MS + 2_500, answerMs: [20, 40] },
    whole: { records: 64, perRecord: 150, kills: 4, pauseMs: LEASE_MS + 5_000, answerMs: [2, 8] },
  },
  async run({ size: { records, perRecord, kills, pauseMs, answerMs }, random, log, defer }) {
    const receiver = await startReceiver(defer);
    const load = startLoad(defer);
    const home = await makeHome(defer);
    const server = await startProcess(home, { env: { FAIRLEAD_SERVICES: 'api,web' } });
    const webhook = await makeWebhook(server, `${receiver.url}/slow/${random.between(...answerMs)}/order/`, {
      ordering: 'record',
    });
    const workers = [await startSecond(defer, home.dataDir, server)];
    const { key, port } = server;
    const edits: Promise<string[]> = load.ask('edits', { port, key, records, perRecord });
    edits.catch(() => {});

    const disruptions: Disruption[] =
      kills === null ? [random.pick(['kill', 'pause'])] : [...Array<Disruption>(kills).fill('kill'), 'pause'];
    const marks: Mark[] = [];
    const all = records * (perRecord + 1);
    for (const [n, disruption] of disruptions.entries()) {
      const share = (n + 0.2 + 0.6 * random.next()) / (disruptions.length + 1);
      const begun = (async () => {
        while ((await receiver.count()) < all * share) await sleep(5);
      })();
      await unlessStalled(begun, receiver.count);
      log(`${disruption} after ${await receiver.count()} of ${all}`);
      const worker = workers.at(-1)!;
      if (disruption === 'kill') {
        await worker.kill();
        marks.push([disruption, now()]);
        workers[workers.length - 1] = await startSecond(defer, home.dataDir, server);
      } else {
        signal(worker.pid, 'SIGSTOP');
        marks.push([disruption, now()]);
        workers.push(await startSecond(defer, home.dataDir, server));
        await sleep(pauseMs);
        signal(worker.pid, 'SIGCONT');
        marks.push(['SIGCONT', now()]);
      }
    }

    const ids = await unlessStalled(edits, () => load.ask('changed'));
    for (const until = performance.now() + 120_000; !(await drained(server, webhook)); await sleep(250))
      if (performance.now() > until) throw new Error('deliveries still wait after 120 s');
    const versions = new Map<string, number>();
    for (const id of ids) versions.set(id, (await call(server, 'GET', `/contacts/${id}`, undefined)).version);
    const received = await receiver.all();
    for (const item of [...workers, server]) await item.stop();
    // One event of a record is in flight at a time, so a kill or pause repeats at most one per record.
    return compare({ received, versions, marks, bound: disruptions.length * records });
  },
};

/** The time since the last kill or pause. */
function whatBefore(marks: Mark[], when: number): string {
  const mark = marks.findLast(([, at]) => at <= when);
  return mark ? `${Math.round(when - mark[1])} ms after a ${mark[0]}` : 'before any kill';
}

interface Seen {
  received: { keys: string[]; contacts: string[]; versions: number[]; at: number[] };
  /** The last version of each record. */
  versions: Map<string, number>;
  marks: Mark[];
  bound: number;
}

/** Compares the received events with the versions of each record. */
function compare({ received, versions, marks, bound }: Seen): Result {
  const { keys, contacts, versions: arrived, at } = received;
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  const older: string[] = [];
  contacts.forEach((id, n) => {
    const version = arrived[n]!;
    seen.add(`${id} ${version}`);
    if (version < (newest.get(id) ?? 0)) older.push(whatBefore(marks, at[n]!));
    else newest.set(id, version);
  });
  let changes = 0;
  let lost = 0;
  for (const [id, version] of versions) {
    changes += version;
    for (let n = 1; n <= version; n++) if (!seen.has(`${id} ${n}`)) lost += 1;
  }
  const unknown = seen.size + lost - changes;
  const repeated = keys.length - new Set(keys).size;
  const moments = [...new Set(older)].slice(0, 5).join(', ');
  const faults = [
    lost > 0 ? `${lost} changes never arrived` : '',
    unknown > 0 ? `${unknown} events arrived for versions that no record had` : '',
    older.length > 0 ? `${older.length} events arrived after a newer one of their record: ${moments}` : '',
    repeated > bound ? `${repeated} requests were repeated, more than ${bound}` : '',
  ];
  return {
    counts: `${changes} changes of ${versions.size} records, ${lost} lost events, ${keys.length} requests, ${repeated} repeated`,
    faults: faults.filter(Boolean),
  };
}
