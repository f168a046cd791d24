import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { sha256 } from '../dist/base/hmac.js';
import { idMaker } from '../dist/base/id.js';
import { attachEmbedded } from '../dist/db/embedded.js';
import { figure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const WARM_UP = 6;
const CONNECTIONS = 64;
const WINDOWED_KEYS = 600;

/**
 * POST /contacts with key, validation and event, beside a bare insert of the same rows on the same PostgreSQL;
 * and the same with keys whose requests are counted.
 */
export async function create() {
  const dataDir = await scratch();
  const server = await startServer({ dataDir });
  const bare = startHelper('bare.mjs');
  const load = startHelper('load.mjs');
  const barePort = await bare.ask('start', await attachEmbedded(dataDir));

  const windowed = await windowedKeys(await attachEmbedded(dataDir));

  const burst = async (port, seconds, keys = [server.key]) =>
    (await load.ask('burst', { port, keys, connections: CONNECTIONS, seconds })).perSecond;
  const baseline = [];
  const value = [];
  const counted = [];
  // Node needs some seconds of load until its code is as fast as it stays.
  await burst(barePort, WARM_UP);
  await burst(server.port, WARM_UP);
  await burst(server.port, SECONDS, windowed);
  for (let round = 0; round < ROUNDS; round++) {
    baseline.push(await burst(barePort, SECONDS));
    value.push(await burst(server.port, SECONDS));
    counted.push(await burst(server.port, SECONDS, windowed));
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
    figure('create: the same on a plan with windows, beside a bare insert', {
      value: counted,
      baseline,
      aim: ['ratio', '≥', 1.3],
    }),
  ];
}

/**
 * Keys of a workspace on plan enterprise, so many that none reaches its 1,000 a minute.
 * @returns {Promise<string[]>}
 */
async function windowedKeys(connection) {
  const client = new Client(connection);
  await client.connect();
  try {
    const newId = idMaker(Date.now);
    const workspaceId = newId();
    await client.query(
      `insert into workspace (id, name, plan, created_at) values ($1, 'windowed', 'enterprise', now())`,
      [workspaceId],
    );
    await client.query('insert into workspace_counter (workspace_id) values ($1)', [workspaceId]);
    const keys = Array.from({ length: WINDOWED_KEYS }, () => ({
      id: newId(),
      raw: `fl_live_${randomBytes(16).toString('hex')}`,
      salt: randomBytes(16),
    }));
    await client.query(
      `insert into api_key (workspace_id, id, name, style, prefix, salt, hash, scopes, created_by, created_at)
       select $1, id, 'bench', 'fairlead', prefix, salt, hash, '{*}', 'bench', now()
       from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[]) as k(id, prefix, salt, hash)`,
      [
        workspaceId,
        keys.map(({ id }) => id),
        keys.map(({ raw }) => raw.slice(0, 16)),
        keys.map(({ salt }) => salt),
        keys.map(({ salt, raw }) => sha256(salt, raw)),
      ],
    );
    return keys.map(({ raw }) => raw);
  } finally {
    await client.end();
  }
}
