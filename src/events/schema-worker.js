// @ts-check
// A thread for customers' schemas that may take long: schema-workers.ts starts it, gives it one job at a time, and
// ends it if a job takes too long.
import { parentPort } from 'node:worker_threads';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { findProblem, StepsUsedUp } from './schema-check.js';

/** @typedef {import('./schema-workers.ts').SchemaJob} SchemaJob */
/** @typedef {import('./schema-workers.ts').SchemaResult} SchemaResult */

/**
 * @param {SchemaJob} job
 * @returns {SchemaResult}
 */
function done(job) {
  const schema = JSON.parse(job.schema);
  if (job.kind === 'compile') return compiled(schema, job.formats);
  try {
    return { problem: findProblem(schema, JSON.parse(job.data), job.maxSteps) };
  } catch (error) {
    if (error instanceof StepsUsedUp) return { stepsUsedUp: true };
    throw error;
  }
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, logger: false });

/**
 * Whether ajv accepts the schema. Strict, so that a keyword that would be ignored silently is refused.
 * @param {Record<string, unknown>} schema
 * @param {readonly string[]} formats
 * @returns {SchemaResult}
 */
function compiled(schema, formats) {
  addFormats.default(ajv, /** @type {import('ajv-formats').FormatName[]} */ ([...formats]));
  try {
    ajv.compile(schema);
    return { problem: null };
  } catch (error) {
    return { problem: { path: [], message: /** @type {Error} */ (error).message } };
  } finally {
    // Otherwise ajv would keep it.
    ajv.removeSchema(schema);
  }
}

/** @param {SchemaResult | 'ready'} result */
function send(result) {
  // The port of a thread, not of a window: it has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(result);
}

parentPort?.on('message', (job) => send(done(job)));
send('ready');
