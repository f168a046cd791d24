import { readdirSync, readFileSync } from 'node:fs';

/**
 * Starts to watch the CPU usage of other programs. Figures taken on a busy machine are unreliable, more so for a
 * program of two processes than for one of twenty.
 * @returns {() => number} the others' share of all cores since then, from 0 to 1
 */
export function watchNeighbours() {
  const before = { machine: machine(), ours: ours() };
  return () => {
    const now = machine();
    const others = now.busy - before.machine.busy - (ours() - before.ours);
    return Math.max(0, others / (now.all - before.machine.all));
  };
}

/** The machine's CPU time since its start, in ticks over all cores. */
function machine() {
  const [user, nice, system, idle, wait, ...rest] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const busy = rest.reduce((sum, ticks) => sum + ticks, user + nice + system);
  return { busy, all: busy + idle + wait };
}

/** The CPU time of this process and all its descendants, including ended ones. */
function ours() {
  /** @type {Map<number, { parent: number, ticks: number }>} */
  const processes = new Map();
  for (const pid of readdirSync('/proc')) {
    const stat = /^\d+$/.test(pid) ? read(`/proc/${pid}/stat`) : '';
    if (stat === '') continue;
    // The name, in parentheses, may contain anything; after it, field 1 is the parent, 11 to 14 are the times.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = fields[11] + fields[12] + fields[13] + fields[14];
    processes.set(Number(pid), { parent: fields[1], ticks });
  }
  let sum = 0;
  for (const [pid, { ticks }] of processes) if (isOurs(processes, pid)) sum += ticks;
  return sum;
}

function isOurs(/** @type {Map<number, { parent: number }>} */ processes, /** @type {number} */ pid) {
  for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === process.pid) return true;
  return false;
}

/** A process may end between being listed and being read. */
function read(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
