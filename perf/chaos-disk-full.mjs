import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallDisk } from './scratch.mjs';
import { startStorm } from './storm.mjs';

const SIZE_MB = 512;
const CREATES = 20_000;
const FULL_MS = 15_000;
const CHUNK = Buffer.alloc(1024 * 1024, 'x');

/**
 * The data directory is a small file system (a tmpfs, which requires root) that another file fills to the last
 * byte during the storm; 15 s later the space is free again. The server has to continue by itself, and everything
 * that was answered 201 has to exist.
 */
export async function diskFull() {
  const dataDir = await smallDisk(SIZE_MB);
  const storm = await startStorm({ dataDir });
  const { pid } = storm.server;
  const ballast = path.join(dataDir, 'ballast');
  const raging = storm.rage(CREATES);
  await storm.untilCreated(CREATES / 4);
  const filled = fill(ballast);
  await sleep(FULL_MS / 2);
  // Also takes the space that PostgreSQL has released since, as it does when it crashes.
  fill(`${ballast}-2`);
  await sleep(FULL_MS / 2);
  if (!storm.server.alive) throw new Error('the server ended because its disk was full');
  const healthy = await fetch(`${storm.server.url}/healthz`).then(
    ({ status }) => status === 200,
    () => false,
  );
  for (const file of [ballast, `${ballast}-2`]) rmSync(file);
  await raging;
  const verdict = await storm.verdict({ kills: 1, notes: [`filled with ${filled} MiB`] });
  const { refused, withoutRetryAfter } = verdict.clients;
  const others = Object.keys(refused).filter((status) => status !== '503');
  const faults = [
    storm.server.pid === pid ? '' : 'another server',
    healthy ? '' : 'healthz did not answer in the meantime',
    others.length === 0 ? '' : `answered ${others.map((item) => `${refused[item]} × ${item}`).join(', ')}`,
    withoutRetryAfter === 0 ? '' : `${withoutRetryAfter} refusals without Retry-After`,
    refused['503'] ? '' : 'no request was rejected: the disk was never full',
  ];
  return { ...verdict, faults: faults.filter(Boolean) };
}

/** Writes until the disk is full. @returns the number of MiB written */
function fill(/** @type {string} */ file) {
  const into = openSync(file, 'w');
  let written = 0;
  try {
    for (let size = CHUNK.length; size > 0;) {
      try {
        written += writeSync(into, CHUNK, 0, size);
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOSPC') throw error;
        size >>= 1;
      }
    }
  } finally {
    closeSync(into);
  }
  return Math.round(written / CHUNK.length);
}
