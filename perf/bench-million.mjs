import { pino } from 'pino';
import { idMaker, unprefixed } from '../dist/base/id.js';
import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { openDatabase } from '../dist/db/pool.js';
import { makeLanes, QUEUE_START } from '../dist/delivery/queue/claim.js';
import { DUE_NOW, MAX_WAIT, orderedId } from '../dist/events/outbox.js';
import { findOverdue } from '../dist/delivery/queue/sweep.js';
import { call, makeWebhook } from './api.mjs';
import { sampled } from './bench-memory.mjs';
import { contactText } from './contact.mjs';
import { figure, median } from './figure.mjs';
import { now } from './now.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { connectTo } from './store.mjs';

const SMALL = 10_000;
const LARGE = 1_000_000;
const WEBHOOKS = 100;
const ROUNDS = 3;
const REPEATS = 40;
const SECONDS = 6;
const ROWS_READ = 128;

/**
 * A million due deliveries compared with ten thousand, half of them of one webhook and the rest over 99: the
 * duration of the engine's own statements, and a worker's memory while it delivers. The rows are written by SQL,
 * as copies of an event and a delivery that the API created: their contacts do not exist.
 */
export async function million() {
  const sink = await startSink();
  const small = await backlog(sink, SMALL);
  const large = await backlog(sink, LARGE);
  const timed = { small: [], large: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const item = await statements(small);
    const other = await statements(large);
    if (round === 0) continue;
    timed.small.push(item);
    timed.large.push(other);
  }
  const delivering = { small: [], large: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await fill(small);
    delivering.small.push(await whileDelivering(sink, small.dataDir));
    delivering.large.push(await whileDelivering(sink, large.dataDir));
  }
  await sink.end();

  const compared = (title, rounds, which, aim) =>
    figure(`million: ${title}, 1,000,000 due vs 10,000`, {
      value: rounds.large.map((item) => item[which]),
      baseline: rounds.small.map((item) => item[which]),
      aim,
    });
  return [
    compared('ms to claim the next lane', timed, 'claim', ['ratio', '≤', 1.5]),
    compared('ms to release the longest', timed, 'release', ['ratio', '≤', 1.5]),
    compared('ms to read the first 128 of one webhook', timed, 'first', ['ratio', '≤', 1.5]),
    compared('ms to read 128 from its middle', timed, 'middle', ['ratio', '≤', 1.5]),
    compared('ms for the sweep over sleeping lanes', timed, 'sweep', ['ratio', '≤', 1.5]),
    compared('MiB while delivering', delivering, 'resident', ['ratio', '≤', 1.25]),
    compared('sent/s to receivers of 20 ms', delivering, 'perSecond', ['ratio', '≥', 0.8]),
  ];
}

/** A data directory whose webhooks have the given number of due deliveries, and its server without a worker. */
async function backlog(sink, count) {
  const dataDir = await scratch();
  const server = await startServer({ dataDir, services: 'api,web' });
  const first = await makeWebhook(server, `${sink.url}/slow/20/0`);
  const others = [];
  await call(server, 'POST', '/contacts', contactText('pattern'));
  for (let n = 1; n < WEBHOOKS; n++) others.push(await makeWebhook(server, `${sink.url}/slow/20/${n}`));
  await server.stop();
  const store = { dataDir, webhooks: [first, ...others].map(uuidOf), count };
  await fill(store);
  return store;
}

const uuidOf = (/** @type {string} */ id) => /** @type {string} */ (unprefixed('wh', id));

/**
 * Copies the first event until the given number of deliveries is pending; every second one is the first webhook's.
 */
async function fill({ dataDir, webhooks, count }) {
  const server = await startServer({ dataDir, services: 'api,web' });
  const client = await connectTo(dataDir);
  const { rows } = await client.query(
    `select (select count(*) from queue)::int as waiting, (select id from event where seq = 1) as pattern,
       (select max(seq) from event)::int as last, (extract(epoch from now()) * 1000)::bigint as ms`,
  );
  const { waiting, pattern, last, ms } = rows[0];
  await client.query(
    `insert into event
       (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, context, matched, reason)
     select e.workspace_id, ${orderedId(String(ms), 'n')}, $3 + n, e.type, e.object_type, gen_random_uuid(),
       e.occurred_at, e.actor, e.data, e.context, 1, null
     from event e, generate_series(1::bigint, $2) n where e.id = $1`,
    [pattern, count - waiting, last],
  );
  await client.query(
    `insert into queue
       (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
     select e.workspace_id, case when e.seq % 2 = 0 then $1 else ($2::uuid[])[1 + e.seq / 2 % ${WEBHOOKS - 1}] end,
       e.id, e.id, e.type, 'event', null, e.seq, octet_length(e.data::text), ${DUE_NOW}, now(), now() + ${MAX_WAIT}
     from event e where e.seq > $3`,
    [webhooks[0], webhooks.slice(1), last],
  );
  // The longest lane is claimed first, and again after it was released.
  await client.query("update lane set due = now() - (endpoint_id = $1)::int * interval '1 h'", [webhooks[0]]);
  await client.query('analyze queue, event, lane');
  await client.end();
  await server.stop();
}

/** Duration of the engine's own statements on a store without a worker. */
async function statements({ dataDir, webhooks: [webhook], count }) {
  const { db, close } = await open(dataDir);
  const lanes = makeLanes(db);
  const newId = idMaker(Date.now);
  const { rows } = await db.side.query(
    `select due_at::text as "afterDue", id as "afterId" from queue
     where endpoint_id = $1 order by due_at, id offset $2 limit 1`,
    [webhook, Math.floor(count / 4)],
  );
  const times = { claim: [], release: [], first: [], middle: [], sweep: [] };
  for (let n = 0; n < REPEATS; n++) {
    const [claimed] = await timedInto(times.claim, () => lanes.claim(1, newId(), null));
    const held = { workspaceId: claimed.workspace_id, endpointId: claimed.endpoint_id, token: claimed.token };
    if (n === 0 && held.endpointId !== webhook)
      throw new Error('the longest lane was not the first to be claimed');
    const { wake } = await lanes.read({ ...held, ...QUEUE_START, maxRows: 1, maxBytes: 0 });
    if ((await timedInto(times.release, () => lanes.release(held, wake))) === undefined)
      throw new Error('not released');
    for (const [into, from] of [
      [times.first, QUEUE_START],
      [times.middle, rows[0]],
    ]) {
      const request = { ...held, endpointId: webhook, ...from, maxRows: ROWS_READ, maxBytes: 2 ** 25 };
      const { due } = await timedInto(into, () => lanes.read(request));
      if (due.length !== ROWS_READ) throw new Error(`${due.length} rows were read`);
    }
    await timedInto(times.sweep, () => findOverdue(db.pool));
  }
  await close();
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
}

async function timedInto(times, work) {
  const from = now();
  const result = await work();
  times.push(now() - from);
  return result;
}

/** Opens the database of a data directory, with a server without a worker. */
async function open(dataDir) {
  const server = await startServer({ dataDir, services: 'api,web' });
  const db = openDatabase(await attachEmbedded(dataDir), { max: 2, log: pino({ level: 'silent' }) });
  return {
    db,
    async close() {
      await db.close();
      await server.stop();
    },
  };
}

async function whileDelivering(sink, dataDir) {
  await sink.ask('forget');
  const server = await startServer({ dataDir });
  const resident = await sampled(server.pid, SECONDS);
  const { received, elapsed } = await sink.ask('summary');
  await server.stop();
  return { resident, perSecond: (received / elapsed) * 1000 };
}
