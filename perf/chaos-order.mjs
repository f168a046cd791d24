import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.mjs';
import { call, drained, makeWebhook } from './api.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer, startWorker } from './server.mjs';

const RECORDS = 64;
const PER_RECORD = 150;
const KILLS = 4;
/** Longer than a lease, which is 15 s. */
const PAUSE_MS = 20_000;
/** Each record has one event in flight, so a kill repeats at most one for each. */
const WINDOW = 64;

/**
 * Changes 64 contacts with one webhook of `ordering: "record"`, through kill -9 of the worker and one pause past
 * its lease while another worker is running. No record's event may arrive after a newer one of the same record,
 * unless it is a repetition of the event right before: immediate repetitions are allowed.
 */
export async function order() {
  const sink = await startSink();
  const load = startHelper('load.mjs');
  const server = await startServer({ dataDir: await scratch(), services: 'api,web' });
  const webhook = await makeWebhook(server, `${sink.url}/order/`, { ordering: 'record' });
  let worker = await startWorker(server);
  const edits = load.ask('edits', {
    port: server.port,
    key: server.key,
    records: RECORDS,
    perRecord: PER_RECORD,
  });
  const untilReceived = async (/** @type {number} */ wanted) => {
    while ((await sink.ask('count')) < wanted) await sleep(5);
  };
  /** @type {[string, number][]} */
  const marks = [];
  const all = RECORDS * (PER_RECORD + 1);
  for (let kill = 1; kill <= KILLS; kill++) {
    await untilReceived(Math.round((all * kill) / (KILLS + 3)));
    await worker.kill();
    marks.push(['kill', now()]);
    worker = await startWorker(server);
  }
  await untilReceived(Math.round((all * (KILLS + 1)) / (KILLS + 3)));
  process.kill(worker.pid, 'SIGSTOP');
  marks.push(['SIGSTOP', now()]);
  const second = await startWorker(server);
  await sleep(PAUSE_MS);
  process.kill(worker.pid, 'SIGCONT');
  marks.push(['SIGCONT', now()]);

  const ids = await edits;
  for (const until = performance.now() + 120_000; !(await drained(server, webhook)); await sleep(250))
    if (performance.now() > until) throw new Error('deliveries are still pending after 120 s');
  const received = await sink.ask('all');
  const versions = new Map();
  for (const id of ids) versions.set(id, (await call(server, 'GET', `/contacts/${id}`, undefined)).version);
  for (const item of [worker, second, server]) await item.stop();
  await load.end();
  await sink.end();
  return verdict(received, versions, marks);
}

/** Describes a time relative to the last fault of a worker. */
function whatBefore(/** @type {[string, number][]} */ marks, /** @type {number} */ when) {
  const mark = marks.findLast(([, at]) => at <= when);
  return mark ? `${Math.round(when - mark[1])} ms after a ${mark[0]}` : 'before any kill';
}

/** Compares what arrived with the versions of each record. */
function verdict({ keys, contacts, versions: arrived, at }, versions, marks) {
  const newest = new Map();
  /** @type {string[]} */
  const older = [];
  contacts.forEach((/** @type {string} */ id, /** @type {number} */ n) => {
    const last = newest.get(id) ?? 0;
    if (arrived[n] < last) older.push(whatBefore(marks, at[n]));
    else newest.set(id, arrived[n]);
  });
  const rendered = new Set(
    contacts.map((/** @type {string} */ id, /** @type {number} */ n) => `${id} ${arrived[n]}`),
  );
  let changes = 0;
  let lostEvents = 0;
  for (const [id, version] of versions) {
    changes += version;
    for (let n = 1; n <= version; n++) if (!rendered.has(`${id} ${n}`)) lostEvents += 1;
  }
  const duplicates = keys.length - new Set(keys).size;
  return {
    created: changes,
    answered201: changes,
    lostRecords: 0,
    lostEvents,
    strangers: rendered.size + lostEvents - changes,
    deliveries: keys.length,
    duplicates,
    bound: (KILLS + 1) * WINDOW,
    clients: { sent: changes, unknown: 0, refused: {}, withoutRetryAfter: 0, longestMs: 0 },
    notes: [`${versions.size} records`],
    lost: lostEvents > 0,
    faults:
      older.length > 0
        ? [
            `${older.length} events arrived after a newer one of their record: ${[...new Set(older)].slice(0, 5).join(', ')}`,
          ]
        : [],
  };
}
