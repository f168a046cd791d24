import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isHealthy, makeHome } from './processes.ts';
import type { Proof } from './proof.ts';
import { oddAnswers, startStorm } from './storm.ts';

const CHUNK = Buffer.alloc(1024 * 1024, 'x');

/**
 * The data directory is a small file system of its own (a tmpfs, which needs root). Under load, another file fills it to
 * the last byte, and is then deleted. The server must continue by itself, and everything that was answered 201 must be
 * stored.
 */
export const diskFull: Proof<{ creates: number; fullMs: number; sizeMb: number }> = {
  name: 'disk-full',
  promise: 'nothing answered 201 is lost when the disk is full, and the same server continues',
  sizes: {
    // A request waits 5 s for a database, so a disk that is full for less refuses nothing.
    small: { creates: 800, fullMs: 10_000, sizeMb: 256 },
    whole: { creates: 20_000, fullMs: 15_000, sizeMb: 512 },
  },
  skip() {
    const dir = mkdtempSync(path.join(tmpdir(), 'fairlead-mount-'));
    try {
      mount(dir, 1);
      unmount(dir);
      return null;
    } catch {
      return 'mounting a tmpfs needs root on Linux';
    } finally {
      rmdirSync(dir);
    }
  },
  async run({ size: { creates, fullMs, sizeMb }, random, log, defer }) {
    const home = await makeHome(defer);
    await mkdir(home.dataDir, { recursive: true });
    mount(home.dataDir, sizeMb);
    defer(() => unmount(home.dataDir));
    const storm = await startStorm({ random, log, defer }, { home });
    const ballast = path.join(home.dataDir, 'ballast');
    let healthy = false;
    await storm.rage(creates, async () => {
      await storm.underWay(`filled with ${fill(ballast)} MiB`);
      await sleep(fullMs / 2);
      // Also fills the space that PostgreSQL freed meanwhile, as it does when it crashes.
      fill(`${ballast}-2`);
      await sleep(fullMs / 2);
      if (storm.server.ended) throw new Error('the server has ended: its disk was full');
      healthy = await isHealthy(storm.server.url);
      for (const file of [ballast, `${ballast}-2`]) rmSync(file);
    });
    const outcome = await storm.outcome(1);
    const faults = [
      ...oddAnswers(outcome.clients),
      healthy ? '' : 'healthz did not answer meanwhile',
      outcome.clients.refused['503'] ? '' : 'no request was refused: the disk was never full',
    ];
    return { ...outcome, faults: [...outcome.faults, ...faults.filter(Boolean)] };
  },
};

function mount(dir: string, sizeMb: number): void {
  const options = `size=${sizeMb}m,mode=0711`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'fairlead-proof', dir], { stdio: 'ignore' });
}

function unmount(dir: string): void {
  execFileSync('umount', ['--lazy', dir]);
}

/** Writes until the disk is full. Returns how many MiB were written. */
function fill(file: string): number {
  const into = openSync(file, 'w');
  let written = 0;
  try {
    for (let size = CHUNK.length; size > 0;) {
      try {
        written += writeSync(into, CHUNK, 0, size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size >>= 1;
      }
    }
  } finally {
    closeSync(into);
  }
  return Math.round(written / CHUNK.length);
}
