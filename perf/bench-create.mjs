import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { eachRound, isComparison } from './turns.mjs';
import { makeWorkspace } from './workspace.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = 64;
const WINDOWED_KEYS = 600;

/**
 * POST /contacts with key, validation and event, compared with a bare insert of the same rows on the same
 * PostgreSQL; also with keys whose requests are counted.
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

  const burst = async (port, seconds, keys = [server.key]) =>
    (await load.ask('burst', { port, keys, connections: CONNECTIONS, seconds })).perSecond;
  const baseline = [];
  const value = [];
  const counted = [];
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) {
      // Node needs some seconds of load until its code is fully optimized.
      if (!isComparison()) await burst(barePort, WARM_UP);
      await burst(server.port, WARM_UP);
      await burst(server.port, SECONDS, windowed);
      return;
    }
    if (!isComparison()) baseline.push(await burst(barePort, SECONDS));
    value.push(await burst(server.port, SECONDS));
    counted.push(await burst(server.port, SECONDS, windowed));
  });

  await load.end();
  await bare.end();
  await server.stop();
  return [
    figure('create: contacts/s over 64 connections, vs a bare insert', {
      value,
      baseline,
      aim: ['ratio', '≥', 1.5],
    }),
    figure('create: the same on a plan with windows, vs a bare insert', {
      value: counted,
      baseline,
      aim: ['ratio', '≥', 1.3],
    }),
  ];
}
