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
const TOKEN = 'a token of the bench';

/** Signed messages of Twilio, of a thousand numbers: verified, matched, recorded once, the event fired and the log written. */
export async function sms() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const load = startHelper('load.mjs');
  const { urls } = await call(server, 'POST', '/connections', {
    kind: 'twilio',
    name: 'bench',
    settings: { account_sid: 'ACbench', from: '+15550100001' },
    secrets: { auth_token: TOKEN },
  });
  const burst = (/** @type {number} */ seconds) =>
    withCpu({ node: server.pid, load: load.pid, dataDir }, () =>
      load.ask('twilioBurst', {
        port: server.port,
        url: urls[0].url,
        token: TOKEN,
        connections: CONNECTIONS,
        seconds,
      }),
    );
  const value = [];
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) await burst(WARM_UP);
    else value.push(await burst(SECONDS));
  });
  await load.end();
  await server.stop();
  return [burstFigure('sms: received messages/s over 64 connections', { value, aim: ['value', '≥', 1000] })];
}
