import { machineTicks, processes, ticksOfTree } from './processes.mjs';
import { postmasterPid } from './scratch.mjs';

/**
 * What a request costs: microseconds of CPU of Node (the server, or the baseline), of PostgreSQL with its backends, and
 * of the load generator; and the share of all cores that nothing used, from 0 to 1.
 * @typedef {{ node: number, postgres: number, load: number, idle: number }} Cpu
 */

/** @typedef {{ perSecond: number, cpu: Cpu }} Burst */

const MICROSECONDS_A_TICK = 10_000;

/**
 * Measures the CPU during a burst.
 * @param {{ node: number, load: number, dataDir: string }} parts the pids of Node and of the load generator, and the
 * data directory whose PostgreSQL is used
 * @param {() => Promise<{ answered: number, perSecond: number }>} burst
 * @returns {Promise<Burst>}
 */
export async function withCpu({ node, load, dataDir }, burst) {
  const postgres = (await postmasterPid(dataDir)) ?? 0;
  const before = sample();
  const { answered, perSecond } = await burst();
  const after = sample();
  const busy = after.machine.busy - before.machine.busy;
  const all = after.machine.all - before.machine.all;
  const perRequest = (/** @type {'node' | 'postgres' | 'load'} */ part) =>
    ((after[part] - before[part]) * MICROSECONDS_A_TICK) / answered;
  return {
    perSecond,
    cpu: {
      node: perRequest('node'),
      postgres: perRequest('postgres'),
      load: perRequest('load'),
      idle: 1 - busy / all,
    },
  };

  function sample() {
    const found = processes();
    return {
      // Alone: the embedded PostgreSQL is its child.
      node: found.get(node)?.ticks ?? 0,
      postgres: ticksOfTree(found, postgres),
      load: found.get(load)?.ticks ?? 0,
      machine: machineTicks(),
    };
  }
}
