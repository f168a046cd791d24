import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { figure, percentile } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { fillLeads, SEARCHES } from './lead.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { makeWorkspace } from './workspace.mjs';

const ROUNDS = 3;
const TIMES = 150;
const FEW = 1_000;
const MANY = Number(process.env['BENCH_LEADS'] ?? 100_000);

const DAY_MS = 86_400_000;
const since = (days) =>
  `created_at[gte]=${new Date(Date.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10)}`;
const analytics = (days, interval) => [`/analytics/leads?${since(days)}&interval=${interval}`];
const lists = (...queries) => queries.map((query) => `/api/v1/leads?${query}`);

/** The measured requests by name; paths take turns. The analytics have the periods of the dashboard. */
const REQUESTS = {
  list: lists('limit=50', 'sort=-updated_at', 'sort=created_at'),
  filter: lists(
    'status=new',
    'source=radio',
    'event_type=party',
    'tag=tag10',
    'email=person.77@example.com',
    'status=won&source=fair',
  ),
  search: lists(...SEARCHES.map((words) => `q=${encodeURIComponent(words)}`)),
  'analytics of 30 days': analytics(30, 'day'),
  'analytics of 90 days': analytics(90, 'week'),
  'analytics of a year': analytics(365, 'month'),
};

/**
 * Reads in a workspace of many leads (100,000, or BENCH_LEADS) compared with one of 1,000; all within one year.
 * The 1,000 are on a separate server and, for search, also in the same tables as the many.
 */
export async function leadReads() {
  const load = startHelper('load.mjs');
  const small = await placeOf(await startServer({ dataDir: await scratch() }), FEW);
  const large = await startServer({ dataDir: await scratch() });
  const many = await placeOf(large, MANY);
  const compared = await placeOf(large, FEW);

  const p99 = async ({ port, key }, paths) =>
    percentile(await load.ask('ask', { port, key, paths, times: TIMES }), 99);
  const figures = [];
  const measure = async (name, [place, other], paths) => {
    const value = [];
    const baseline = [];
    for (const item of [place, other]) await p99(item, paths);
    for (let round = 0; round < ROUNDS; round++) {
      baseline.push(await p99(other, paths));
      value.push(await p99(place, paths));
    }
    figures.push(figure(`leads: ${name}, p99 ms`, { value, baseline, aim: ['ratio', '≤', 2] }));
  };
  const title = `of ${MANY.toLocaleString('en-US')} vs 1,000`;
  for (const [name, paths] of Object.entries(REQUESTS))
    await measure(`${name}, ${title}`, [many, small], paths);
  await measure(
    'search of 1,000 in a store with the many, vs one without',
    [compared, small],
    REQUESTS.search,
  );

  await load.end();
  await large.stop();
  await small.server.stop();
  return figures;
}

async function placeOf(server, count) {
  const connection = await attachEmbedded(server.dataDir);
  const { id, keys } = await makeWorkspace(connection, { plan: 'unlimited', keyCount: 1 });
  await fillLeads(connection, id, count);
  return { server, port: server.port, key: keys[0] };
}
