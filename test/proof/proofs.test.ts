import { describe, expect, test } from 'vitest';
import { clock } from './clock.ts';
import { diskFull } from './disk-full.ts';
import { emailKill } from './email-kill.ts';
import { killPostgres } from './kill-postgres.ts';
import { killServer } from './kill-server.ts';
import { killWorker } from './kill-worker.ts';
import { order } from './order.ts';
import { paymentKill } from './payment-kill.ts';
import { pauseWorker } from './pause-worker.ts';
import { postgresGone } from './postgres-gone.ts';
import type { Proof } from './proof.ts';
import { quota } from './quota.ts';
import { makeRandom } from './random.ts';
import { receiverDown } from './receiver-down.ts';
import { NAMES, repeatWith, SEED, SIZE, TIMEOUT_MS } from './settings.ts';

/** The slowest come first, since small ones run concurrently. */
const ALL = [
  order,
  pauseWorker,
  killServer,
  killWorker,
  postgresGone,
  receiverDown,
  clock,
  diskFull,
  killPostgres,
  paymentKill,
  emailKill,
  quota,
] as Proof[];
const PROOFS = ALL.filter(({ name }) => NAMES?.includes(name) ?? true);

// Small proofs mostly wait for leases; whole ones use all of the machine.
describe('proofs', { concurrent: SIZE === 'small' }, () => {
  for (const proof of PROOFS) {
    test(`${proof.name}: ${proof.promise}`, { timeout: TIMEOUT_MS }, async (context) => {
      const reason = proof.skip?.() ?? null;
      if (reason !== null) context.skip(reason);
      expect(await faultsOf(proof)).toEqual([]);
    });
  }
});

/** Runs a proof in its size, logs its counts, and cleans up. */
async function faultsOf({ name, sizes, run }: Proof): Promise<string[]> {
  const log = (line: string) => process.stderr.write(`${name}: ${line}\n`);
  const cleanups: (() => unknown)[] = [];
  const lines: string[] = [];
  const since = performance.now();
  let held = false;
  try {
    const { counts, faults } = await run({
      size: sizes[SIZE],
      random: makeRandom(SEED),
      log: NAMES ? log : (line) => lines.push(line),
      defer: (undo) => cleanups.push(undo),
    });
    log(`seed ${SEED}, ${((performance.now() - since) / 1000).toFixed(0)} s: ${counts}`);
    held = faults.length === 0;
    return held ? [] : [...faults, `repeat with: ${repeatWith(name)}`];
  } finally {
    if (!held) for (const line of [...lines, `repeat with: ${repeatWith(name)}`]) log(line);
    for (const undo of cleanups.reverse()) await undo();
  }
}
