import { AsyncLocalStorage } from 'node:async_hooks';
import { untilIdle } from './processes.mjs';

/** @type {AsyncLocalStorage<<T>(work: () => Promise<T>) => Promise<T>>} */
const turns = new AsyncLocalStorage();

/** The number of rounds of a section: its default, or BENCH_ROUNDS. */
export function rounds(/** @type {number} */ usual) {
  return Number(process.env['BENCH_ROUNDS']) || usual;
}

/** The numbers of connections that a section measures: its default, or BENCH_CONNECTIONS, such as `64,256`. */
export function connectionCounts(/** @type {number[]} */ usual) {
  const requested = process.env['BENCH_CONNECTIONS'];
  return requested ? requested.split(',').map(Number) : usual;
}

/**
 * Runs the warm-up (round -1) and the rounds of a section, from 0, each in a turn of its own.
 * @param {number} usual the default number of rounds
 * @param {(round: number) => Promise<void>} round
 */
export async function eachRound(usual, round) {
  for (let at = -1; at < rounds(usual); at++) await inTurn(() => round(at));
}

/**
 * Whether two versions are compared. Baselines are then left out: they are not compared, and what they leave to do for
 * PostgreSQL would slow down the next burst, differently for each version.
 */
export function isComparison() {
  return turns.getStore() !== undefined;
}

/**
 * Runs measured work. While it runs, the other side of `alternately` waits.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function inTurn(work) {
  const take = turns.getStore();
  return take ? take(work) : work();
}

/**
 * Runs a section for several sides at once, with their turns one after the other: release, now, release, now. So a
 * slowdown of the machine affects all sides.
 * @template T
 * @param {(() => Promise<T>)[]} sides
 * @returns {Promise<T[]>}
 */
export async function alternately(sides) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /** @type {<R>(work: () => Promise<R>) => Promise<R>} */
  const take = (work) => {
    const result = last.then(untilIdle).then(work);
    last = result.catch(() => {});
    return result;
  };
  return Promise.all(sides.map((side) => turns.run(take, side)));
}
