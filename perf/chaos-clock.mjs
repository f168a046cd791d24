import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratch } from './scratch.mjs';
import { startStorm } from './storm.mjs';

const CREATES = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The offset of the clock after each jump; the last two leave the weeks that have partitions. */
const JUMPS = [HOUR_MS, -HOUR_MS, 2 * DAY_MS, -2 * DAY_MS, 40 * DAY_MS, -40 * DAY_MS, 0];
/** A delay after the request, so that the page of records does not depend on the jump. */
const AFTER_MS = 1_000;

/**
 * The server's wall clock jumps during the storm, forwards and back. PostgreSQL keeps its own time, as on another
 * machine: leases, due times and expiries use that one.
 */
export async function clock() {
  const file = path.join(await scratch(), 'clock');
  writeFileSync(file, '0');
  const storm = await startStorm({ serving: { preload: 'shifted-clock.mjs', env: { PERF_CLOCK: file } } });
  const { pid } = storm.server;
  for (const [n, offMs] of JUMPS.entries()) {
    const raging = storm.rage(CREATES);
    await storm.untilCreated(n * CREATES + CREATES / 2);
    writeFileSync(file, String(offMs));
    await raging;
    await sleep(AFTER_MS);
    await storm.untilDrained();
  }
  const jumps = JUMPS.map((ms) => `${ms > 0 ? '+' : ''}${ms / HOUR_MS} h`).join(', ');
  const verdict = await storm.verdict({ kills: 0, notes: [jumps] });
  const { refused } = verdict.clients;
  const faults = Object.keys(refused)
    .filter((status) => status !== '503')
    .map((status) => `answered ${refused[status]} × ${status}`);
  if (storm.server.pid !== pid) faults.push('another server');
  return { ...verdict, faults };
}
