import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { withCpu } from './cpu.mjs';
import { burstFigure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { connectionCounts, eachRound, isComparison } from './turns.mjs';
import { makeWorkspace } from './workspace.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = [64];
const WINDOWED_KEYS = 600;

/** The measured requests. The last is sent with keys whose requests are counted in windows. */
const VARIANTS = [
  { name: 'contacts/s', kind: 'contacts', aim: 1.5 },
  { name: 'contacts/s with phone and custom fields', kind: 'full contacts' },
  { name: 'contacts/s with phone, custom fields and two tags', kind: 'tagged contacts' },
  { name: 'contacts/s on a plan with windows', kind: 'contacts', windowed: true, aim: 1.3 },
];

/**
 * POST /contacts with key, validation and event, compared with a bare insert of the same rows on the same PostgreSQL.
 * For each number of connections: --connections 64,256.
 */
export async function create() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const bare = startHelper('bare.mjs');
  const load = startHelper('load.mjs');
  const barePort = await bare.ask('start', await attachEmbedded(dataDir));

  // Enough keys that none reaches its 1,000 requests a minute.
  const { keys: windowed } = await makeWorkspace(await attachEmbedded(dataDir), {
    plan: 'enterprise',
    keyCount: WINDOWED_KEYS,
  });

  // 0.1.0 has no tags: it gets the same contact without them.
  const hasTags = (
    await fetch(`${server.url}/api/v1/tags`, { headers: { authorization: `Bearer ${server.key}` } })
  ).ok;
  const variants = VARIANTS.map((item) =>
    item.kind === 'tagged contacts' && !hasTags ? { ...item, kind: 'full contacts' } : item,
  );

  const burst = (node, port, { kind, windowed: isWindowed = false }, connections, seconds = SECONDS) => {
    const options = { port, keys: isWindowed ? windowed : [server.key], connections, seconds, kind };
    return withCpu({ node, load: load.pid, dataDir }, () => load.ask('burst', options));
  };
  const counts = connectionCounts(CONNECTIONS);
  const cells = counts.flatMap((connections) =>
    variants.map((variant) => ({ ...variant, connections, value: [], baseline: [] })),
  );
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) {
      // Node needs some seconds of load until its code is fully optimized.
      if (!isComparison()) await burst(bare.pid, barePort, VARIANTS[0], counts[0], WARM_UP);
      await burst(server.pid, server.port, VARIANTS[0], counts[0], WARM_UP);
      for (const variant of variants.slice(1)) await burst(server.pid, server.port, variant, counts[0]);
      return;
    }
    for (const connections of counts) {
      const row = cells.filter((cell) => cell.connections === connections);
      // One bare insert for each body.
      const bursts = {};
      for (const cell of row) {
        if (!isComparison())
          bursts[cell.kind] ??= await burst(bare.pid, barePort, { kind: cell.kind }, connections);
        if (bursts[cell.kind]) cell.baseline.push(bursts[cell.kind]);
        cell.value.push(await burst(server.pid, server.port, cell, connections));
      }
    }
  });

  await load.end();
  await bare.end();
  await server.stop();
  return cells.map(({ name, connections, value, baseline, aim }) =>
    burstFigure(`create: ${name} over ${connections} connections, vs a bare insert`, {
      value,
      baseline,
      ...(aim !== undefined && { aim: ['ratio', '≥', aim] }),
    }),
  );
}
