import { endHelpers } from './helper.mjs';
import { watchNeighbours } from './neighbours.mjs';
import { removeScratch } from './scratch.mjs';
import { endServers } from './server.mjs';

/**
 * Runs the requested sections, or all, one after the other; cleans up after each, whatever happens.
 * @template T
 * @param {Record<string, () => Promise<T>>} sections
 * @param {(name: string, result: T, others: number) => void} onResult
 * @param {string[]} [requested] default: from the command line
 * @returns {Promise<boolean>} false if one failed
 */
export async function runSections(sections, onResult, requested = process.argv.slice(2)) {
  const unknown = requested.find((name) => !(name in sections));
  if (unknown !== undefined) {
    console.error(`Unknown section ${unknown}; must be one of ${Object.keys(sections).join(', ')}.`);
    return false;
  }
  clearOnSignal();
  let well = true;
  for (const name of requested.length > 0 ? requested : Object.keys(sections)) {
    const since = performance.now();
    const others = watchNeighbours();
    try {
      const result = await sections[name]();
      const seconds = ((performance.now() - since) / 1000).toFixed(0);
      const share = others();
      console.error(`${name}: ${seconds} s; other programs used ${(share * 100).toFixed(0)} % of the CPU`);
      onResult(name, result, share);
    } catch (error) {
      well = false;
      console.error(`${name} failed:`, error);
    }
    await clear();
  }
  return well;
}

let clearsOnSignal = false;

/** Ctrl-C ends the run and cleans up. */
export function clearOnSignal() {
  if (clearsOnSignal) return;
  clearsOnSignal = true;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => void clear({ atEnd: true }).then(() => process.exit(1)));
  }
}

/**
 * Ends the processes that a section started, and removes its folders.
 * @param {{ atEnd?: boolean }} [options] at the end of the run, also what lasts as long
 */
export async function clear(options) {
  endHelpers();
  await endServers();
  await removeScratch(options);
}
