import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, with the CPU time that it has used since its start, in ticks of 10 ms. */
/** @typedef {{ parent: number, ticks: number }} Process */

/** The running processes of the machine, by pid. The time of a parent includes children that have ended. */
export function processes() {
  /** @type {Map<number, Process>} */
  const found = new Map();
  for (const pid of readdirSync('/proc')) {
    const stat = /^\d+$/.test(pid) ? read(`/proc/${pid}/stat`) : '';
    if (stat === '') continue;
    // The name, in parentheses, may contain anything; after it, field 1 is the parent, 11 to 14 are the times.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    found.set(Number(pid), { parent: fields[1], ticks: fields[11] + fields[12] + fields[13] + fields[14] });
  }
  return found;
}

/** The CPU time of a process and all its descendants, in ticks. */
export function ticksOfTree(/** @type {Map<number, Process>} */ found, /** @type {number} */ root) {
  let sum = 0;
  for (const [pid, { ticks }] of found) if (isUnder(found, pid, root)) sum += ticks;
  return sum;
}

/** The machine's CPU time since its start, in ticks over all cores. */
export function machineTicks() {
  const [user, nice, system, idle, wait, ...rest] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const busy = rest.reduce((sum, ticks) => sum + ticks, user + nice + system);
  return { busy, all: busy + idle + wait };
}

function isUnder(
  /** @type {Map<number, Process>} */ found,
  /** @type {number} */ pid,
  /** @type {number} */ root,
) {
  for (let at = pid; at > 1; at = found.get(at)?.parent ?? 0) if (at === root) return true;
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

const LOOK_MS = 500;
const MAX_LOOKS = 240;

/**
 * Waits until this process and its descendants use less than a twentieth of a core: what a burst leaves to do, such as
 * search documents, must not slow down the next measurement. After two minutes it measures anyway.
 */
export async function untilIdle() {
  const most = LOOK_MS / 10 / 20;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const before = ticksOfTree(processes(), process.pid);
    await sleep(LOOK_MS);
    if (ticksOfTree(processes(), process.pid) - before < most) return;
  }
}
