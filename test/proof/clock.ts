import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../kit/process.ts';
import type { Proof } from './proof.ts';
import { oddAnswers, startStorm } from './storm.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The server's wall clock jumps under load, forwards and back. PostgreSQL keeps its own time, as on another machine, and
 * determines leases, due times and expiry. After 40 days the clock is beyond the weeks that have partitions.
 */
export const clock: Proof<{ creates: number; jumpsMs: number[] }> = {
  name: 'clock',
  promise: "nothing is lost when the server's clock jumps",
  sizes: {
    small: { creates: 400, jumpsMs: [-HOUR_MS, 2 * DAY_MS, 40 * DAY_MS] },
    whole: {
      creates: 5_000,
      jumpsMs: [HOUR_MS, -HOUR_MS, 2 * DAY_MS, -2 * DAY_MS, 40 * DAY_MS, -40 * DAY_MS],
    },
  },
  async run({ size: { creates, jumpsMs }, random, log, defer }) {
    const dir = await temporaryDirectory('clock');
    defer(() => rm(dir, { recursive: true, force: true }));
    const file = path.join(dir, 'offset');
    writeFileSync(file, '0');
    const preload = new URL('shifted-clock.mjs', import.meta.url).href;
    const env = { NODE_OPTIONS: `--import=${preload}`, PROOF_CLOCK: file };
    const storm = await startStorm({ random, log, defer }, { env });
    const offsets = [...random.shuffled(jumpsMs), 0];
    for (const offMs of offsets) {
      await storm.rage(creates, async () => {
        writeFileSync(file, String(offMs));
        await storm.underWay(`clock off by ${offMs / HOUR_MS} h`);
      });
      // A page of records may be a second old (docs/api.md), so wait before counting them.
      await sleep(1_000);
      await storm.untilDrained();
    }
    const outcome = await storm.outcome(0);
    return { ...outcome, faults: [...outcome.faults, ...oddAnswers(outcome.clients)] };
  },
};
