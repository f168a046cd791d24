import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure } from './figure.mjs';
import { now } from './now.mjs';
import { processes } from './processes.mjs';
import { scratch } from './scratch.mjs';
import { freePort, mainFile, startServer } from './server.mjs';
import { eachRound } from './turns.mjs';

const ROUNDS = 9;

/**
 * Starts the server on an existing store, from the start of its process to the first 200 of /healthz, and runs commands
 * while it runs. The baseline of each is a Node that does nothing.
 */
export async function start() {
  const dataDir = await scratch();
  const env = { FAIRLEAD_DATA_DIR: dataDir };
  const bare = [];
  const healthy = [];
  const cpu = [];
  const help = [];
  const list = [];
  await eachRound(ROUNDS, async (round) => {
    const port = await freePort();
    const from = now();
    const starting = startServer({ dataDir, port });
    const healthyAt = await firstHealthy(port);
    const server = await starting;
    const cpuMs = (processes().get(server.pid)?.ticks ?? 0) * 10;
    const measured = [
      [bare, await msOf(['-e', '0'], env)],
      [healthy, healthyAt - from],
      [cpu, cpuMs],
      [help, await msOf([mainFile(), 'help'], env)],
      [list, await msOf([mainFile(), 'workspace', 'list'], env)],
    ];
    await server.stop();
    // The first start creates the store.
    if (round >= 0) for (const [rounds, value] of measured) rounds.push(value);
  });
  return [
    figure('start: ms to the first 200 of /healthz, vs node -e 0', {
      value: healthy,
      baseline: bare,
      aim: ['value', '≤', 400],
    }),
    figure("start: ms of Node's CPU until ready", { value: cpu }),
    figure('start: ms of `fairlead help`, vs node -e 0', {
      value: help,
      baseline: bare,
      aim: ['value', '≤', 200],
    }),
    figure('start: ms of `fairlead workspace list` while a server runs, vs node -e 0', {
      value: list,
      baseline: bare,
      aim: ['value', '≤', 200],
    }),
  ];
}

/** When the server answered, on the clock of `now`. */
async function firstHealthy(/** @type {number} */ port) {
  while (!(await isHealthy(port))) await sleep(5);
  return now();
}

/** @returns {Promise<boolean>} */
function isHealthy(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

/** How long a run of Node takes, in milliseconds; throws if it fails. */
async function msOf(/** @type {string[]} */ args, /** @type {Record<string, string>} */ env) {
  const from = now();
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return now() - from;
}
