import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { withCpu } from './cpu.mjs';
import { burstFigure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { makeEventType } from './lead.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { eachRound, isComparison } from './turns.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = 64;

/**
 * POST /leads with key, limit, options, validation, number, submission and event, compared with a bare insert of
 * the same rows on the same PostgreSQL, and with that of a contact.
 */
export async function leads() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  await makeEventType(server);
  const bare = startHelper('bare.mjs');
  const load = startHelper('load.mjs');
  const barePort = await bare.ask('start', await attachEmbedded(dataDir));

  const measured = { pid: server.pid, port: server.port };
  const compared = { pid: bare.pid, port: barePort };
  const burst = ({ pid, port }, kind, seconds) =>
    withCpu({ node: pid, load: load.pid, dataDir }, () =>
      load.ask('burst', { port, keys: [server.key], connections: CONNECTIONS, seconds, kind }),
    );
  const contact = [];
  const baseline = [];
  const value = [];
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) {
      if (!isComparison()) await burst(compared, 'leads', WARM_UP);
      await burst(measured, 'leads', WARM_UP);
      return;
    }
    if (!isComparison()) {
      contact.push(await burst(compared, 'contacts', SECONDS));
      baseline.push(await burst(compared, 'leads', SECONDS));
    }
    value.push(await burst(measured, 'leads', SECONDS));
  });

  await load.end();
  await bare.end();
  await server.stop();
  return [
    burstFigure('leads: leads/s over 64 connections, vs a bare insert of the same', {
      value,
      baseline,
      aim: ['ratio', '≥', 1.2],
    }),
    burstFigure('leads: the same vs a bare insert of a contact', { value, baseline: contact }),
  ];
}
