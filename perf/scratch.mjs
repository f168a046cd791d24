import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @type {string[]} */
const made = [];
/** What lasts longer than a section. @type {string[]} */
const lasting = [];

/**
 * A fresh folder that is gone at the end.
 * @param {{ lasts?: 'section' | 'run' }} [options]
 */
export async function scratch({ lasts = 'section' } = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'fairlead-perf-'));
  // As root PostgreSQL runs under another user, who has to pass through.
  await chmod(dir, 0o711);
  (lasts === 'run' ? lasting : made).push(dir);
  return dir;
}

/** PostgreSQL's main process on a data directory, or null where there is none. */
export async function postmasterPid(/** @type {string} */ dataDir) {
  const file = path.join(dataDir, 'postgres', 'postmaster.pid');
  const pid = parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  return pid > 0 && (await isPostgres(pid)) ? pid : null;
}

async function isPostgres(/** @type {number} */ pid) {
  const [command] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return command !== undefined && path.basename(command) === 'postgres';
}

/**
 * Removes the folders, after ending a PostgreSQL that a killed server left in one.
 * @param {{ atEnd?: boolean }} [options] at the end of the run go those that last so long
 */
export async function removeScratch({ atEnd = false } = {}) {
  for (const dir of [...made.splice(0), ...(atEnd ? lasting.splice(0) : [])]) {
    const pid = await postmasterPid(dir);
    if (pid !== null) {
      process.kill(pid, 'SIGCONT');
      process.kill(pid, 'SIGQUIT');
      for (let tries = 0; tries < 200 && (await isPostgres(pid)); tries++) await sleep(50);
    }
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
