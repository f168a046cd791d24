import { setTimeout as sleep } from 'node:timers/promises';
import { contactIds, drained, makeWebhook } from './api.mjs';
import { startHelper } from './helper.mjs';
import { startSink } from './receiver.mjs';
import { scratch } from './scratch.mjs';
import { startServer, startWorker } from './server.mjs';

/**
 * Maximum unsettled requests of one webhook (lane.ts): the number that a kill or a pause may cause to be sent
 * twice.
 */
const UNSETTLED = 256;
const CONNECTIONS = 64;

/**
 * The result of a chaos run. Lost means: promised to a client by a 201, or stored, and not arrived.
 * @typedef {object} Verdict
 * @property {number} created contacts in the store at the end
 * @property {number} answered201
 * @property {number} lostRecords answered 201, but not stored
 * @property {number} lostEvents stored, but never at the receiver
 * @property {number} strangers at the receiver, but not stored
 * @property {number} deliveries requests that the receiver got
 * @property {number} duplicates repeated requests among them
 * @property {number} bound how many repetitions the kills explain
 * @property {{ sent: number, unknown: number, refused: Record<string, number>, withoutRetryAfter: number,
 * longestMs: number }} clients
 * @property {string[]} notes
 * @property {boolean} lost a record, an event, or the record of a delivered event
 */

/**
 * Starts a server with one webhook, clients that create contacts whatever happens, and a receiver that counts.
 * @param {object} [about]
 * @param {string} [about.dataDir] a directory of the section's own
 * @param {number} [about.workers] number of worker processes; the server then does not deliver
 * @param {object} [about.webhook] options of the webhook
 * @param {Partial<Parameters<typeof startServer>[0]>} [about.serving] options of the server's start
 */
export async function startStorm({ dataDir, workers = 0, webhook: options = {}, serving = {} } = {}) {
  const house = { dataDir: dataDir ?? (await scratch()), ...serving };
  if (workers > 0) house.services = 'api,web';
  const sink = await startSink();
  const load = startHelper('load.mjs');
  let server = await startServer(house);
  const webhook = await makeWebhook(server, `${sink.url}/storm`, options);
  /** @type {import('./server.mjs').Server[]} */
  const working = [];
  for (let n = 0; n < workers; n++) working.push(await startWorker(server));

  return {
    sink,
    working,
    get server() {
      return server;
    },
    /** Sends SIGKILL to a worker and starts another in its place. */
    async killWorker(/** @type {number} */ n) {
      await working[n].kill();
      working[n] = await startWorker(server);
    },
    /** Sends SIGKILL, then starts again on the same data. */
    async killServer() {
      await server.kill();
      server = await startServer({ ...house, port: server.port });
    },
    /** Creates the given number of contacts. @returns {Promise<void>} */
    rage: (/** @type {number} */ count) =>
      load.ask('storm', { port: server.port, key: server.key, connections: CONNECTIONS, count }),
    /** Waits until the given total number of creates has been answered 201. */
    async untilCreated(/** @type {number} */ count) {
      while ((await load.ask('progress')) < count) await sleep(5);
    },
    /** Waits until deliveries are sent again: the lease of a killed holder must expire first. */
    async untilFlowing({ patienceMs: timeoutMs = 30_000 } = {}) {
      const from = await sink.ask('count');
      const until = performance.now() + timeoutMs;
      while ((await sink.ask('count')) === from && performance.now() < until) await sleep(50);
    },
    /** Waits until nothing is queued. */
    async untilDrained({ patienceMs: timeoutMs = 60_000 } = {}) {
      const until = performance.now() + timeoutMs;
      while (!(await drained(server, webhook))) {
        if (performance.now() > until) throw new Error(`deliveries are still pending after ${timeoutMs} ms`);
        await sleep(250);
      }
    },
    /**
     * Waits for the last delivery, compares what was answered, what is stored and what arrived, and stops.
     * @param {{ kills: number, notes?: string[], timeoutMs?: number }} about
     * @returns {Promise<Verdict>}
     */
    async verdict({ kills, notes = [], timeoutMs = 120_000 }) {
      await this.untilDrained({ timeoutMs });
      const stored = await contactIds(server);
      const clients = await load.ask('seen');
      const { keys, contacts } = await sink.ask('all');
      for (const worker of working) await worker.stop();
      await server.stop();
      await load.end();
      await sink.end();

      const arrived = new Set(contacts);
      const lostRecords = clients.created.filter((/** @type {string} */ id) => !stored.has(id)).length;
      const lostEvents = [...stored].filter((id) => !arrived.has(id)).length;
      const strangers = [...arrived].filter((id) => !stored.has(id)).length;
      return {
        created: stored.size,
        answered201: clients.created.length,
        lostRecords,
        lostEvents,
        strangers,
        deliveries: keys.length,
        duplicates: keys.length - new Set(keys).size,
        bound: kills * UNSETTLED,
        clients,
        notes,
        lost: lostRecords + lostEvents + strangers > 0,
      };
    },
  };
}
