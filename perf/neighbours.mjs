import { machineTicks, processes, ticksOfTree } from './processes.mjs';

/**
 * Starts to watch the CPU usage of other programs. Figures taken on a busy machine are unreliable, more so for a
 * program of two processes than for one of twenty.
 * @returns {() => number} the others' share of all cores since then, from 0 to 1
 */
export function watchNeighbours() {
  const before = { machine: machineTicks(), ours: ours() };
  return () => {
    const now = machineTicks();
    const others = now.busy - before.machine.busy - (ours() - before.ours);
    return Math.max(0, others / (now.all - before.machine.all));
  };
}

/** The CPU time of this process and all its descendants, including ended ones. */
const ours = () => ticksOfTree(processes(), process.pid);
