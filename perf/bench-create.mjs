import { attachEmbedded } from '../dist/db/embedded.js';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = 64;

/** POST /contacts with key, validation and event, beside a bare insert of the same rows on the same PostgreSQL. */
export async function create() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const bare = startHelper('bare.mjs');
  const load = startHelper('load.mjs');
  const barePort = await bare.ask('start', await attachEmbedded(dataDir));

  const burst = async (port, seconds) =>
    (await load.ask('burst', { port, key: server.key, connections: CONNECTIONS, seconds })).perSecond;
  const baseline = [];
  const value = [];
  // Node needs some seconds of load until its code is as fast as it stays.
  await burst(barePort, WARM_UP);
  await burst(server.port, WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    baseline.push(await burst(barePort, SECONDS));
    value.push(await burst(server.port, SECONDS));
  }

  await load.end();
  await bare.end();
  await server.stop();
  return [
    figure('create: contacts/s over 64 connections, beside a bare insert', {
      value,
      baseline,
      aim: ['ratio', '≥', 1.5],
    }),
  ];
}
