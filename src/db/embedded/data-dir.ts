import { chmod, chown, lstat, mkdir, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '../../base/hmac.ts';
import { StartError } from '../../base/errors.ts';
import { MAX_SOCKET_PATH } from './data-dir-lock.ts';
import { giveTo, mustReach, type RunAs } from './run-as.ts';

/** The port in the socket's file name; the directory is private, so it never clashes with another server. */
export const SOCKET_PORT = 5432;

/** Paths within the data directory. */
export function layout(dataDir: string) {
  return {
    pgData: path.join(dataDir, 'postgres'),
    passwordFile: path.join(dataDir, 'postgres-password'),
    logFile: path.join(dataDir, 'postgres.log'),
  };
}

/**
 * Creates the data directory if it is missing and returns its real, absolute path. If created by root, others may
 * enter but not list it, because PostgreSQL runs as another user and has to pass through.
 */
export async function openDataDir(dataDir: string): Promise<string> {
  try {
    await makeDir(path.resolve(dataDir), process.getuid?.() === 0 ? 0o711 : 0o700);
    return await realpath(dataDir);
  } catch (error) {
    throw new StartError(
      `The data directory ${path.resolve(dataDir)} cannot be created or opened (${(error as NodeJS.ErrnoException).code}): make it writable for this user, or set FAIRLEAD_DATA_DIR to another.`,
      { cause: error },
    );
  }
}

/** Not mkdir's `recursive`: it never returns if an existing parent allows no entries, as in /proc. */
async function makeDir(dir: string, mode: number): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    await makeDir(path.dirname(dir), mode);
    // A concurrent start may have created it.
    await mkdir(dir).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
  await chmod(dir, mode);
}

/**
 * Checks `pgData`: true if it contains a database that this PostgreSQL can run, false if it contains none yet.
 * Anything else is a `StartError`.
 */
export async function holdsDatabase(pgData: string, major: string): Promise<boolean> {
  await mustBelongToUs(pgData);
  const version = await readFile(path.join(pgData, 'PG_VERSION'), 'utf8').catch(ifMissing(null));
  if (version === null) {
    const files = await readdir(pgData).catch(ifMissing([]));
    if (files.length === 0) return false;
    throw new StartError(
      `${pgData} is not a PostgreSQL data directory (it has no PG_VERSION): move it away, or set FAIRLEAD_DATA_DIR to another directory.`,
    );
  }
  if (version.trim() !== major) {
    throw new StartError(
      `${pgData} was written by PostgreSQL ${version.trim()}, this Fairlead has ${major}: run it with a PostgreSQL ${version.trim()} and set DATABASE_URL, or migrate its data with pg_dumpall.`,
    );
  }
  return true;
}

async function mustBelongToUs(pgData: string): Promise<void> {
  const owner = (await stat(pgData).catch(ifMissing(null)))?.uid;
  const me = process.getuid?.();
  if (owner === undefined || me === undefined || me === 0 || me === owner) return;
  throw new StartError(
    `${pgData} belongs to uid ${owner} and this process runs as uid ${me}: start Fairlead as that user, or run \`chown -R ${me} ${pgData}\`.`,
  );
}

/** For `catch`: returns the fallback if a file is missing; rethrows any other error. */
export function ifMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };
}

/** Data that root restored from a backup belongs to root, but PostgreSQL does not run as root. */
export async function claimFor(user: RunAs | null, pgData: string): Promise<void> {
  if (user && (await stat(pgData)).uid !== user.uid) await giveTo(user, pgData);
}

/**
 * The directory of the server's socket, private to the user that PostgreSQL runs as. It is in the data directory
 * or, if that path is too long for a socket, in the system's directory for temporary files. There its owner must
 * be checked, because anyone could have created it.
 */
export async function openSocketDir(dataDir: string, user: RunAs | null): Promise<string> {
  const near = path.join(dataDir, 'socket');
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const far = path.join(tmpdir(), `fairlead-${uid}-${sha256(dataDir).toString('hex').slice(0, 16)}`);
  const dir = fitsSocket(near) ? near : far;
  if (!fitsSocket(dir)) {
    throw new StartError(
      `Neither ${near} nor ${far} is short enough for a Unix socket (${MAX_SOCKET_PATH} bytes): set FAIRLEAD_DATA_DIR to a shorter path.`,
    );
  }
  await mustReach(user, path.dirname(dir));
  const made = await mkdir(dir, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (!made) await mustBePrivate(dir, uid);
  if (user) await chown(dir, user.uid, user.gid);
  return dir;
}

function fitsSocket(dir: string): boolean {
  return Buffer.byteLength(path.join(dir, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH;
}

async function mustBePrivate(dir: string, uid: number): Promise<void> {
  const found = await lstat(dir);
  const owned = found.uid === uid || found.uid === process.getuid?.();
  if (process.platform === 'win32' || (found.isDirectory() && owned && (found.mode & 0o077) === 0)) return;
  throw new StartError(
    `${dir}, the directory for PostgreSQL's socket, must be accessible only to uid ${uid}: remove it, and it will be created again.`,
  );
}
