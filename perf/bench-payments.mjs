import { call } from './api.mjs';
import { withCpu } from './cpu.mjs';
import { burstFigure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { eachRound } from './turns.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = 64;
const SECRET = 'whsec_bench';

/**
 * Signed events of Stripe, each a payment of a new customer: verified, matched, recorded once, its events fired and the
 * log written. `create contact`: the payer becomes a contact too.
 */
export async function payments() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const load = startHelper('load.mjs');
  const pathOf = async (/** @type {boolean} */ createsContact) => {
    const { urls } = await call(server, 'POST', '/connections', {
      kind: 'stripe',
      name: 'bench',
      settings: { create_contact: createsContact },
      secrets: { webhook_secret: SECRET },
    });
    return new URL(urls[0].url).pathname;
  };
  const known = await pathOf(false);
  const unknown = await pathOf(true);
  const burst = (/** @type {string} */ path, /** @type {number} */ seconds) =>
    withCpu({ node: server.pid, load: load.pid, dataDir }, () =>
      load.ask('stripeBurst', { port: server.port, path, secret: SECRET, connections: CONNECTIONS, seconds }),
    );
  const value = [];
  const withContact = [];
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) {
      await burst(known, WARM_UP);
      return;
    }
    value.push(await burst(known, SECONDS));
    withContact.push(await burst(unknown, SECONDS));
  });
  await load.end();
  await server.stop();
  return [
    burstFigure('payments: events of Stripe/s over 64 connections', { value, aim: ['value', '≥', 1000] }),
    burstFigure('payments: the same, each with a new contact', { value: withContact }),
  ];
}
