// @ts-check Plain JavaScript, like data-dir-location.mjs: whether a directory has data, and why it cannot be used.
import { chmodSync, chownSync, existsSync, mkdtempSync, realpathSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { account } from './data-dir-candidates.mjs';
import { cannotRunAs, findRunAs, firstClosed, NO_USER } from './postgres-user.mjs';

/**
 * Whether a data directory contains something that must not be ignored; `closed` if that cannot be determined.
 * @param {string} dir
 * @returns {'yes' | 'no' | 'closed'}
 */
export function holdsStore(dir) {
  const names = ['postgres', 'postgres-password', 'secret-key'];
  const seen = new Set(names.map((name) => lookAt(path.join(dir, name))));
  if (seen.has('there')) return 'yes';
  return seen.has('closed') ? 'closed' : 'no';
}

/**
 * Whether a path exists, as far as this user can see: `existsSync` reports an inaccessible path as missing.
 * @param {string} file
 * @returns {'there' | 'missing' | 'closed'}
 */
export function lookAt(file) {
  try {
    return statSync(file, { throwIfNoEntry: false }) ? 'there' : 'missing';
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOTDIR' ? 'missing' : 'closed';
  }
}

/**
 * What to do if a directory may contain data and is not accessible.
 * @param {string} dir
 */
export function closedTo(dir) {
  const closed = ancestors(dir).find((item) => lookAt(path.join(item, 'postgres')) === 'closed') ?? dir;
  const owner = lookAt(closed) === 'there' ? statSync(closed).uid : null;
  const whose = owner === null ? '' : `, which is uid ${owner}`;
  return `${dir} may contain the data of this installation, and uid ${process.getuid?.()} cannot access ${closed}: start Fairlead as its owner${whose}, or set FAIRLEAD_DATA_DIR to the right directory.`;
}

/**
 * A path and its parents, outermost first.
 * @param {string} dir
 * @returns {string[]}
 */
function ancestors(dir) {
  const parent = path.dirname(dir);
  return parent === dir ? [dir] : [...ancestors(parent), dir];
}

/**
 * Why the embedded PostgreSQL cannot use `dir`, which may not exist yet; null if it can. Part of a sentence, or a
 * whole one if another place would not help.
 * @param {string} dir
 */
export function cannotServe(dir) {
  const pgData = path.join(dir, 'postgres');
  try {
    const user = findRunAs(pgData);
    if (user === undefined) return NO_USER;
    const exists = existsSync(pgData);
    const blocked = exists ? notOurs(pgData) : user === null ? noAccount() : null;
    if (blocked !== null) return blocked;
    const existing = nearest(dir);
    if (user) {
      const closed = firstClosed(user, existing);
      if ('failed' in closed) return cannotRunAs(user, closed.failed);
      if (closed.path !== null)
        return `PostgreSQL runs as ${user.name}, since it refuses root, and ${user.name} cannot enter ${closed.path}`;
    }
    return exists ? null : probe(existing, user);
  } catch (error) {
    return cannotUse(dir, error);
  }
}

/** @param {string} dir */
export function cannotWrite(dir) {
  try {
    return probe(nearest(dir), null);
  } catch (error) {
    return cannotUse(dir, error);
  }
}

/**
 * @param {string} dir
 * @param {unknown} error
 */
function cannotUse(dir, error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  return `${dir} cannot be created or opened (${code ?? message})`;
}

/** @param {string} pgData */
function notOurs(pgData) {
  const me = process.getuid?.();
  const owner = statSync(pgData, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || me === undefined || me === 0 || me === owner) return null;
  return `${pgData} belongs to uid ${owner} and this process runs as uid ${me}: start Fairlead as that user, or run \`chown -R ${me} ${pgData}\`.`;
}

/** initdb needs the name of the user it runs as. */
function noAccount() {
  if (process.platform === 'win32' || account() !== null) return null;
  return `uid ${process.getuid?.()} has no entry in /etc/passwd, which PostgreSQL needs to create a database: add one, start Fairlead as another user, or set DATABASE_URL to a PostgreSQL 15 or newer.`;
}

/**
 * The nearest existing directory of a path, as a real path.
 * @param {string} dir
 * @returns {string}
 */
function nearest(dir) {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found) return nearest(path.dirname(dir));
  if (!found.isDirectory()) throw Object.assign(new Error(`${dir} is not a directory`), { code: 'ENOTDIR' });
  return realpathSync(dir);
}

/**
 * Tests what PostgreSQL needs: a directory that only its user can access. Some file systems have no owners.
 * @param {string} existing
 * @param {import('./postgres-user.mjs').RunAs | null} user
 */
function probe(existing, user) {
  const dir = mkdtempSync(path.join(existing, '.fairlead-'));
  try {
    chmodSync(dir, 0o700);
    if (user) chownSync(dir, user.uid, user.gid);
    const made = statSync(dir);
    const fits = (made.mode & 0o077) === 0 && (user === null || made.uid === user.uid);
    return fits || process.platform === 'win32'
      ? null
      : `the file system of ${existing} does not support owners and permissions`;
  } finally {
    rmdirSync(dir);
  }
}
