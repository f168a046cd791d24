import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attachEmbedded } from '../dist/db/embedded/embedded.js';
import { scratch } from './scratch.mjs';

const READY_MS = 60_000;
const THIS_CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
/** @type {AsyncLocalStorage<string>} the checkout whose server is started */
const checkout = new AsyncLocalStorage();
const program = () => checkout.getStore() ?? THIS_CHECKOUT;

/**
 * Runs work whose servers are those of another checkout, which has been built.
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function withProgram(folder, work) {
  return checkout.run(folder, work);
}

/** The program of the checkout. */
export const mainFile = () => path.join(program(), 'dist', 'main.js');

/** What `npm start` of the checkout gives to Node. */
function startArgs() {
  const { scripts } = JSON.parse(readFileSync(path.join(program(), 'package.json'), 'utf8'));
  return /node (--.*?) scripts\/start\.mjs/.exec(scripts.start)?.[1]?.split(' ') ?? [];
}

/** Servers that run now, so that none outlives the program. */
const running = new Set();

/**
 * A built Fairlead of its own on 127.0.0.1.
 * @typedef {object} Server
 * @property {number} pid
 * @property {number} port
 * @property {string} url
 * @property {string} key the first API key, which may do everything
 * @property {string} dataDir
 * @property {boolean} alive
 * @property {() => Promise<void>} stop SIGTERM, and then it must end by itself
 * @property {() => Promise<void>} kill kill -9
 */

/**
 * Starts `dist/main.js` as `npm start` does, and waits until it is ready. BENCH_NODE_ARGS goes to its Node, as in
 * `BENCH_NODE_ARGS="--cpu-prof --cpu-prof-dir=/tmp" npm run bench create`.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {number} [options.port]
 * @param {string} [options.services]
 * @param {Record<string, string>} [options.env] beside its own settings
 * @param {string} [options.preload] a module of this folder that its Node loads first
 * @param {string} [options.key] where another server on the same database has made the first key
 * @returns {Promise<Server>}
 */
export async function startServer({
  dataDir,
  port,
  services = 'api,worker,web',
  env = {},
  preload,
  key: firstKey,
}) {
  const at = port ?? (await freePort());
  const logFile = logOf(dataDir);
  const log = openSync(logFile, 'a');
  const nodeArgs = [...startArgs(), ...(process.env['BENCH_NODE_ARGS']?.split(' ').filter(Boolean) ?? [])];
  if (preload !== undefined) nodeArgs.push('--import', new URL(preload, import.meta.url).href);
  const child = spawn(process.execPath, [...nodeArgs, mainFile()], {
    stdio: ['ignore', 'pipe', log],
    // A group of its own: ^C is for us, and we stop it.
    detached: true,
    env: {
      ...withoutOurs(process.env),
      PORT: String(at),
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_SERVICES: services,
      FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8',
      FAIRLEAD_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  closeSync(log);
  running.add(child);
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return String(signal ?? code);
  });

  await ready(child, exited, logFile);
  return {
    pid: /** @type {number} */ (child.pid),
    port: at,
    url: `http://127.0.0.1:${at}`,
    key: firstKey ?? (await shownKey(dataDir)),
    dataDir,
    get alive() {
      return running.has(child);
    },
    async stop() {
      child.kill('SIGTERM');
      const end = await Promise.race([exited, sleep(35_000, 'still there after 35 s', { ref: false })]);
      if (end !== '0')
        throw new Error(`the server did not stop as it should: ${end}; ${await tail(logFile)}`);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * A worker process on the embedded PostgreSQL of a server that runs, as one on a second machine would be: all
 * it shares with the server is the database and the secret key.
 * @returns {Promise<Server>}
 */
export async function startWorker(/** @type {Server} */ { dataDir, key }) {
  const connection = await attachEmbedded(dataDir);
  if (connection === null) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  const { host, port, user, password, database } = connection;
  const login = `${user}:${encodeURIComponent(password)}`;
  const env = {
    DATABASE_URL: `postgres://${login}@/${database}?host=${encodeURIComponent(host)}&port=${port}`,
    FAIRLEAD_SECRET_KEY: (await readFile(path.join(dataDir, 'secret-key'), 'utf8')).trim(),
  };
  return startServer({ dataDir: await scratch(), services: 'worker', env, key });
}

/** A number that a server counts, over all its labels; 0 where it has none of the name. */
export async function metric(/** @type {{ url: string }} */ { url }, /** @type {string} */ name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function shownKey(/** @type {string} */ dataDir) {
  const text = await readFile(path.join(dataDir, 'first-start.txt'), 'utf8');
  return /** @type {RegExpExecArray} */ (/fl_live_\w{32}/.exec(text))[0];
}

async function ready(child, exited, logFile) {
  let said = '';
  const rendered = new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('Fairlead is ready at')) resolve('ready');
    });
  });
  const end = await Promise.race([rendered, exited, sleep(READY_MS, 'silence', { ref: false })]);
  if (end === 'ready') return;
  child.kill('SIGKILL');
  throw new Error(`the server did not start (${end}): ${await tail(logFile)}`);
}

/** Where the server of a data directory writes its log. */
export const logOf = (/** @type {string} */ dataDir) => path.join(dataDir, 'server.log');

/** The end of the server's log, for the message of an error. */
export async function tail(/** @type {string} */ file) {
  return (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
}

/** Its settings come from here alone; an unknown FAIRLEAD_ name would stop the start. */
function withoutOurs(/** @type {NodeJS.ProcessEnv} */ env) {
  const names = Object.keys(env).filter((name) => !/^(FAIRLEAD_|DATABASE_URL$|HOST$)/.test(name));
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

/** Ends whatever servers are left; their PostgreSQL stops with `removeScratch`. */
export async function endServers() {
  for (const child of running) child.kill('SIGKILL');
  while (running.size > 0) await sleep(10);
}
