import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { postmasterPid } from './scratch.mjs';
import { startStorm } from './storm.mjs';

const CREATES = 20_000;
const GONE_MS = 20_000;
/** Requests wait 5 s for an unreachable database; twice that is more than slowness. */
const ANSWER_MS = 10_000;

/**
 * PostgreSQL is stopped for a while: connections stay open and nothing answers. Requests must get 503 with
 * Retry-After in bounded time, and running work must not be lost.
 */
export async function postgresGone() {
  const storm = await startStorm();
  const { pid, dataDir, url } = storm.server;
  const raging = storm.rage(CREATES);
  await storm.untilCreated(CREATES / 2);

  const postmaster = /** @type {number} */ (await postmasterPid(dataDir));
  const stopped = await stopAll(postmaster);
  await sleep(GONE_MS / 2);
  const alive = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
  await sleep(GONE_MS / 2);
  for (const item of stopped) signal(item, 'SIGCONT');

  await raging;
  const verdict = await storm.verdict({ kills: 1 });
  const { refused, withoutRetryAfter, longestMs, unknown } = verdict.clients;
  const statuses = Object.keys(refused).filter((status) => status !== '503');
  const faults = [
    alive ? '' : 'healthz did not answer in the meantime',
    storm.server.pid === pid ? '' : 'another server',
    longestMs <= ANSWER_MS ? '' : `a request waited ${(longestMs / 1000).toFixed(1)} s for its response`,
    statuses.length === 0 ? '' : `answered ${statuses.join(', ')} in addition to 503`,
    withoutRetryAfter === 0 ? '' : `${withoutRetryAfter} × 503 without Retry-After`,
    unknown === 0 ? '' : `${unknown} connections broke`,
  ];
  return { ...verdict, faults: faults.filter(Boolean) };
}

/** Stops the main process first, so that it starts no new children, then its children. */
async function stopAll(/** @type {number} */ postmaster) {
  signal(postmaster, 'SIGSTOP');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = [];
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name in parentheses may contain anything; the parent's pid is the second field after it.
    if (Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) === postmaster) children.push(Number(pid));
  }
  for (const pid of children) signal(pid, 'SIGSTOP');
  return [...children, postmaster];
}

/** A backend may have ended already. */
function signal(/** @type {number} */ pid, /** @type {NodeJS.Signals} */ name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
