import { execFile } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StartError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { ifMissing } from './data-dir.ts';
import { sendSignal, STOP_SIGNALS } from './postmaster.ts';

/** The content of PostgreSQL's postmaster.pid. */
export interface PostmasterFile {
  /** NaN if the file is empty or half-written. */
  pid: number;
  port: number;
  socketDir: string;
}

export async function readPostmasterFile(pgData: string): Promise<PostmasterFile | null> {
  const text = await readFile(fileIn(pgData), 'utf8').catch(ifMissing(null));
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Math.abs(parseInt(lines[0]!, 10)), port: Number(lines[3]), socketDir: lines[4] ?? '' };
}

function fileIn(pgData: string): string {
  return path.join(pgData, 'postmaster.pid');
}

/**
 * Prepares the start of a new server: stops the one that an earlier, killed Fairlead left running, and removes
 * blocking files of a dead one. The caller owns the data directory, so no running program depends on that server.
 */
export async function evictOrphan(pgData: string, log: Logger): Promise<void> {
  const found = await readPostmasterFile(pgData);
  if (found === null) return;
  if (Number.isNaN(found.pid)) return removeEmptyFile(pgData);
  if (!(await isPostmasterOf(found.pid, pgData))) return disownPid(pgData, found.pid);
  log.warn({ pid: found.pid }, 'stopping the PostgreSQL that an earlier run left behind');
  for (const [signal, timeoutMs] of STOP_SIGNALS) {
    sendSignal(found.pid, signal);
    for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(10)) {
      if (!(await isPostmasterOf(found.pid, pgData))) return;
    }
  }
  throw new StartError(
    `A PostgreSQL of an earlier run (pid ${found.pid}) still holds ${pgData} and cannot be stopped: stop it manually, e.g. \`kill -9 ${found.pid}\` as its user.`,
  );
}

/** PostgreSQL refuses to start over an empty file, which a power loss leaves; it may also be being written. */
async function removeEmptyFile(pgData: string): Promise<void> {
  await sleep(500);
  const again = await readPostmasterFile(pgData);
  if (again && Number.isNaN(again.pid)) await rm(fileIn(pgData), { force: true });
}

/**
 * PostgreSQL treats any running process of its user with that pid as a server. It makes an exception for its
 * parent's pid, so this process's pid is written. Deleting the file would also delete the id of the shared memory,
 * by which PostgreSQL notices that backends of a dead server are still running.
 */
async function disownPid(pgData: string, pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  const text = await readFile(fileIn(pgData), 'utf8').catch(ifMissing(null));
  if (text !== null) await writeFile(fileIn(pgData), text.replace(/^-?\d+/, String(process.pid)));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process is a PostgreSQL of this directory, by its command line, which is readable for everyone:
 * /proc/PID/cwd is not, for root in a container. A zombie has no command line and so counts as dead.
 */
export async function isPostmasterOf(pid: number, pgData: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const [command, ...args] = await commandLine(pid);
  if (!command || !/^postgres(\.exe)?$/.test(path.basename(command))) return false;
  const dir = args[args.indexOf('-D') + 1];
  if (args.indexOf('-D') === -1 || dir === undefined) return false;
  if (dir === pgData) return true;
  const [theirs, ours] = await Promise.all([stat(dir).catch(() => null), stat(pgData)]);
  // The directory was moved while its server ran: the pid is in this directory's file, so it is this server.
  return theirs === null || (theirs.dev === ours.dev && theirs.ino === ours.ino);
}

async function commandLine(pid: number): Promise<string[]> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  }
  if (process.platform === 'win32') return [];
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(
    () => ({
      stdout: '',
    }),
  );
  // Without the zeros between arguments: the directory precedes the first `-c` that Fairlead adds.
  const match = /^(\S.*?) -D (.*?)(?: -c .*)?$/s.exec(stdout.trim());
  return match ? [match[1]!, '-D', match[2]!] : [];
}
