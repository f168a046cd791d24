import { endHelpers } from './helper.mjs';
import { watchNeighbours } from './neighbours.mjs';
import { removeScratch } from './scratch.mjs';
import { endServers } from './server.mjs';

/**
 * Runs the sections asked for, or all, one after the other; each in a house of its own that is cleared away
 * whatever happens.
 * @template T
 * @param {Record<string, () => Promise<T>>} sections
 * @param {(name: string, result: T, others: number) => void} onResult
 * @param {string[]} [requested] default: as the command line says
 * @returns {Promise<boolean>} false where one failed
 */
export async function runSections(sections, onResult, requested = process.argv.slice(2)) {
  const unknown = requested.find((name) => !(name in sections));
  if (unknown !== undefined) {
    console.error(`There is no ${unknown}; there are ${Object.keys(sections).join(', ')}.`);
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
      console.error(`${name}: ${seconds} s; other programs took ${(share * 100).toFixed(0)} % of the CPU`);
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

/** ^C ends the run, and leaves nothing behind. */
export function clearOnSignal() {
  if (clearsOnSignal) return;
  clearsOnSignal = true;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => void clear({ atEnd: true }).then(() => process.exit(1)));
  }
}

/**
 * Ends what a section has started, and removes its folders.
 * @param {{ atEnd?: boolean }} [options] at the end of the run, what lasts so long as well
 */
export async function clear(options) {
  endHelpers();
  await endServers();
  await removeScratch(options);
}
