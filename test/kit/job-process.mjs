// A process of its own that runs the jobs of a database: `node job-process.mjs`, with CONNECTION (JSON) in the environment.
// The jobs write what they do into the table `trace`. SIGTERM stops it as it stops the server.
import { Registry } from 'prom-client';
import { z } from 'zod';
import { idMaker } from '../../dist/base/id.js';
import { makeLog } from '../../dist/base/log.js';
import { openDatabase } from '../../dist/db/pool.js';
import { makeJobQueue } from '../../dist/jobs/job-queue.js';
import { makeJobWorker } from '../../dist/jobs/job-worker.js';

const connection = JSON.parse(process.env.CONNECTION);
const log = makeLog('silent');
const newId = idMaker(() => Date.now());
const db = openDatabase(connection, { max: 4, log });

/** @param {string} what */
const trace = (what) => db.pool.query('insert into trace (pid, what) values ($1, $2)', [process.pid, what]);

/** Takes `steps` steps of 200 ms, and can be cut short between two. */
const slow = {
  name: 'test.slow',
  payload: z.object({ steps: z.number() }),
  /** @param {{payload: {steps: number}, signal: AbortSignal}} run */
  async run({ payload, signal }) {
    await trace('begun');
    for (let step = 0; step < payload.steps; step++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      signal.throwIfAborted();
    }
    await trace('done');
  },
};

const worker = makeJobWorker({
  db,
  newId,
  log,
  random: () => 0,
  queue: makeJobQueue({ db, newId }),
  types: [slow],
  recurring: [{ name: 'test.tick', everyMs: 3_000, run: () => trace('tick') }],
  registry: new Registry(),
});
worker.start();
process.stdout.write('started\n');
process.on('SIGTERM', () => {
  void worker
    .stop()
    .then(() => db.close())
    .then(() => process.exit(0));
});
