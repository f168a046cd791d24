import { setTimeout as sleep } from 'node:timers/promises';
import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { figure, percentile } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { makeDocuments } from './lead.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { connectTo } from './store.mjs';
import { makeWorkspace } from './workspace.mjs';

const CONTACTS = Number(process.env['BENCH_CONTACTS'] ?? 1_000_000);
const ROUNDS = 3;
const TIMES = 200;
const PER_SECOND = 2_000;
const STEADY_S = 10;
const BURST_S = Number(process.env['BENCH_BURST'] ?? 60);

/** What people type: names and parts of them, addresses, numbers, and words that every record has. */
const WORDS = [
  'anna corkormann',
  'müllersen',
  'muller',
  'schu',
  'mü',
  'rdörl',
  'cor.dor777@',
  'lager-nord',
  'lager-nord123.example',
  'example',
  '4567',
  '170 123',
  '小明',
  '明',
  'sunrise vog gmbh',
  'nobody-at-all',
];
const PATHS = WORDS.flatMap((words) => [
  `/api/v1/search?q=${encodeURIComponent(words)}`,
  `/api/v1/contacts?q=${encodeURIComponent(words)}`,
]);

/**
 * Search among a million contacts (or BENCH_CONTACTS), which SQL has written; the documents are the follower's. Then how
 * far they are behind at 2,000 writes a second, and how long they take after a minute (or BENCH_BURST seconds) of as many
 * writes as the server takes.
 */
export async function searchRecords() {
  const load = startHelper('load.mjs');
  const server = await startServer({ dataDir: await scratch() });
  const client = await connectTo(server.dataDir);
  const { id, keys } = await makeWorkspace(await attachEmbedded(server.dataDir), {
    plan: 'unlimited',
    keyCount: 1,
  });
  const place = { port: server.port, key: keys[0] };
  await fillContacts(client, id);
  const filling = performance.now();
  await makeDocuments(client, id, 'contact');
  const filledS = (performance.now() - filling) / 1000;

  const searched = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const times = await load.ask('ask', { ...place, paths: PATHS, times: TIMES });
    if (round > 0) searched.push(percentile(times, 99));
  }

  const lags = [];
  const steady = new AbortController();
  const sampling = (async () => {
    while (!steady.signal.aborted) {
      lags.push(await lagMs(client, id));
      await sleep(50);
    }
  })();
  await load.ask('steady', { ...place, perSecond: PER_SECOND, seconds: STEADY_S });
  steady.abort();
  await sampling;

  await load.ask('burst', { port: place.port, keys, connections: 64, seconds: BURST_S, kind: 'contacts' });
  const ended = performance.now();
  while ((await lagMs(client, id)) > 0) await sleep(50);
  const caughtUpS = (performance.now() - ended) / 1000;

  await client.end();
  await load.end();
  await server.stop();
  const among = `among ${CONTACTS.toLocaleString('en-US')} contacts`;
  return [
    figure(`search: ${among}, p99 ms`, { value: searched, aim: ['value', '≤', 30] }),
    figure(`search: behind at ${PER_SECOND} writes/s, p99 ms`, {
      value: [percentile(lags, 99)],
      aim: ['value', '≤', 1_000],
    }),
    figure(`search: caught up after ${BURST_S} s at full rate, s`, {
      value: [caughtUpS],
      aim: ['value', '≤', 20],
    }),
    figure(`search: documents of ${CONTACTS.toLocaleString('en-US')} contacts made, s`, { value: [filledS] }),
  ];
}

/** The age of the oldest event that is not in the documents. */
async function lagMs(/** @type {import('pg').Client} */ client, /** @type {string} */ workspaceId) {
  const { rows } = await client.query(
    `select extract(epoch from clock_timestamp() - e.occurred_at) * 1000 as ms from event e
     where e.workspace_id = $1 and e.seq > coalesce((select seq from search_position where workspace_id = $1), 0)
     order by e.seq limit 1`,
    [workspaceId],
  );
  return Number(rows[0]?.ms ?? 0);
}

/** Contacts with names of many scripts, addresses of 50,000 domains, and telephone numbers. */
async function fillContacts(/** @type {import('pg').Client} */ client, /** @type {string} */ workspaceId) {
  for (let from = 1; from <= CONTACTS; from += 100_000) {
    await client.query(
      `
      with n as (select
        array['Anna','Ben','Clara','David','Emma','Felix','Greta','Hans','Ida','Jonas','José','Zoë','Jürgen','Łukasz','Søren','小明','太郎','Ahmed','فاطمة','Иван'] f,
        array['Al','Bren','Cor','Dor','El','Fran','Gros','Hein','Il','Jan','Kor','Lich','Mor','Nor','Schu','Vog','Brü','Döl','Kö','Mü'] p,
        array['ber','mann','er','son','ski','sen','stein','feld','ller','wald'] s,
        array['acme','globex','initech','umbrella','stark','wayne','hooli','lager-nord','sunrise','bluewave'] d)
      insert into contact (workspace_id, id, version, first_name, last_name, email, phone, company, status, custom_fields,
        created_by, created_at, updated_at)
      select $1, (lpad(to_hex(1748000000000 + g * 10), 12, '0') || '70008000' || lpad(to_hex(g), 12, '0'))::uuid, 1,
        f[1 + a % 20], p[1 + b % 20] || lower(p[1 + c % 20]) || s[1 + d1 % 10],
        lower(p[1 + b % 16] || '.' || p[1 + c % 16]) || g || '@' || d[1 + a % 10] || b % 5000 || '.example',
        '+49 1' || 50 + a % 30 || ' ' || lpad((c % 10000000)::text, 7, '0'), d[1 + d1 % 10] || ' ' || p[1 + a % 20] || ' GmbH',
        'lead', '{}', 'bench', now(), now()
      from (
        select g, abs(hashint4(g)) a, abs(hashint4(g + 7000000)) b, abs(hashint4(g + 15000000)) c, abs(hashint4(g + 99000000)) d1
        from generate_series($2::int, $3::int) g
      ) x, n`,
      [workspaceId, from, Math.min(CONTACTS, from + 99_999)],
    );
  }
  await client.query('analyze contact');
}
