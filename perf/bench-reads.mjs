import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { fillContacts } from './contact.mjs';
import { withCpu } from './cpu.mjs';
import { burstFigure, figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { fillLeads, SEARCHES } from './lead.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { connectionCounts, eachRound, isComparison } from './turns.mjs';
import { makeWorkspace } from './workspace.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = [64];
const CONTACTS = Number(process.env['BENCH_CONTACTS'] ?? 400_000);
const LEADS = Number(process.env['BENCH_LEADS'] ?? 100_000);

/**
 * GET /contacts, 50 of 400,000 (or BENCH_CONTACTS), compared with the same rows read by pg and written by
 * JSON.stringify.
 */
export async function lists() {
  const bare = startHelper('bare.mjs');
  const figures = await measureReads({
    fill: (connection, workspaceId) => fillContacts(connection, workspaceId, CONTACTS),
    paths: ['/api/v1/contacts?limit=50'],
    baseline: async (connection, workspaceId) => ({
      pid: bare.pid,
      port: await bare.ask('start', connection),
      paths: [`/${workspaceId}`],
    }),
    title: `lists: requests/s over {connections} connections, 50 of ${shownCount(CONTACTS)} contacts, vs a bare read`,
  });
  await bare.end();
  return figures.flatMap(({ made, value, baseline }) => [
    made,
    figure(made.name.replace('requests/s', 'µs of Node a request'), {
      value: value.map(({ cpu }) => cpu.node),
      baseline: baseline.map(({ cpu }) => cpu.node),
      aim: ['value', '≤', 250],
    }),
  ]);
}

/**
 * GET /leads with `q`, in a workspace of 100,000 (or BENCH_LEADS). Latencies are in `lead-reads`. Each noun that gets a
 * search gets a call here.
 */
export async function search() {
  const figures = await measureReads({
    fill: (connection, workspaceId) => fillLeads(connection, workspaceId, LEADS),
    paths: SEARCHES.map((words) => `/api/v1/leads?q=${encodeURIComponent(words)}`),
    title: `search: requests/s over {connections} connections, words in ${shownCount(LEADS)} leads`,
  });
  return figures.map(({ made }) => made);
}

const shownCount = (/** @type {number} */ count) => count.toLocaleString('en-US');

/** Measures paths that are read in turn, in a workspace filled for it. */
async function measureReads({ fill, paths, baseline: startBaseline, title }) {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const connection = await attachEmbedded(dataDir);
  const { id, keys } = await makeWorkspace(connection, { plan: 'unlimited', keyCount: 1 });
  await fill(connection, id);
  const compared = isComparison() ? undefined : await startBaseline?.(connection, id);
  const load = startHelper('load.mjs');

  const burst = ({ pid, ...target }, connections, seconds = SECONDS) =>
    withCpu({ node: pid, load: load.pid, dataDir }, () =>
      load.ask('readBurst', { key: keys[0], connections, seconds, ...target }),
    );
  const measured = { pid: server.pid, port: server.port, paths };
  const cells = connectionCounts(CONNECTIONS).map((connections) => ({
    connections,
    value: [],
    baseline: [],
  }));
  await eachRound(ROUNDS, async (round) => {
    for (const { connections, value, baseline } of cells) {
      const seconds = round < 0 ? WARM_UP : SECONDS;
      const other = compared && (await burst(compared, connections, seconds));
      const own = await burst(measured, connections, seconds);
      if (round < 0) continue;
      if (other) baseline.push(other);
      value.push(own);
    }
  });
  await load.end();
  await server.stop();
  return cells.map(({ connections, value, baseline }) => ({
    made: burstFigure(title.replace('{connections}', String(connections)), { value, baseline }),
    value,
    baseline,
  }));
}
