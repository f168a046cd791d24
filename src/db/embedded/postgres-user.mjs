// @ts-check Plain JavaScript without dependencies: `npm start` runs it before the dependencies and a build exist.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The user that PostgreSQL runs as if the program itself is root, which PostgreSQL rejects.
 * @typedef {{ name: string, uid: number, gid: number }} RunAs
 */

/** The first of these that exists is used; initdb rejects a uid without an entry in the system's user list. */
const USERS = ['postgres', 'nobody', 'daemon', 'bin'];

/**
 * Null unless this process is root; then the owner of the existing data, else the first of USERS that exists.
 * @param {string} pgData PostgreSQL's data directory, which may not exist yet
 * @returns {RunAs | null | undefined} undefined if this process is root and there is no user to run it as
 */
export function findRunAs(pgData) {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(pgData, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  for (const name of USERS) {
    const user = inPasswd(name) ?? byId(name);
    if (user) return user;
  }
  return undefined;
}

export const NO_USER =
  'PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as: add one (`echo nobody:x:65534:65534:::/bin/false >> /etc/passwd`), start Fairlead as an ordinary user, or set DATABASE_URL.';

/**
 * @param {string} name
 * @returns {RunAs | null}
 */
function inPasswd(name) {
  if (process.platform !== 'linux') return null;
  const line = textOf('/etc/passwd')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) return null;
  const [, , uid, gid] = line.split(':');
  return /^[1-9]\d*$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')
    ? { name, uid: Number(uid), gid: Number(gid) }
    : null;
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * `id` also finds users of LDAP and of macOS.
 * @param {string} name
 * @returns {RunAs | null}
 */
function byId(name) {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  if (uid?.status !== 0 || gid?.status !== 0) return null;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * The first of the paths that `user` may not execute (or enter), or not read. A shell of that user asks the
 * kernel, because permission bits alone do not include ACLs and mount options.
 * @param {RunAs} user
 * @param {'-x' | '-r'} right
 * @param {string[]} paths
 * @returns {{ path: string | null } | { failed: string }} `failed` if nothing can be run as that user
 */
export function firstWithout(user, right, paths) {
  const script = `for p do [ ${right} "$p" ] || { printf %s "$p"; exit 0; }; done`;
  const { uid, gid } = user;
  const requested = spawnSync('/bin/sh', ['-c', script, 'sh', ...paths], {
    uid,
    gid,
    cwd: '/',
    encoding: 'utf8',
  });
  if (codeOf(requested.error) === 'ENOENT')
    return { path: paths.find((file) => !bitsAllow(user, right, file)) ?? null };
  if (requested.error || requested.status !== 0) return { failed: codeOf(requested.error) ?? 'failed' };
  return { path: requested.stdout === '' ? null : requested.stdout };
}

/**
 * For systems without a shell.
 * @param {RunAs} user
 * @param {'-x' | '-r'} right
 * @param {string} file
 */
function bitsAllow(user, right, file) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return false;
  const shift = found.uid === user.uid ? 6 : found.gid === user.gid ? 3 : 0;
  return ((found.mode >> shift) & (right === '-x' ? 1 : 4)) !== 0;
}

/**
 * @param {unknown} error
 * @returns {string | undefined}
 */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code;
}

/**
 * The outermost directory on the way to `dir` that `user` cannot enter; `dir` exists.
 * @param {RunAs} user
 * @param {string} dir
 */
export function firstClosed(user, dir) {
  return firstWithout(user, '-x', [...ancestors(dir), dir]);
}

/**
 * @param {string} dir
 * @returns {string[]}
 */
function ancestors(dir) {
  const parent = path.dirname(dir);
  return parent === dir ? [] : [...ancestors(parent), parent];
}

/**
 * @param {RunAs} user
 * @param {string} failed
 */
export function cannotRunAs(user, failed) {
  return `A program could not be run as ${user.name} (${failed}), which PostgreSQL needs because it refuses root: start Fairlead as an ordinary user, or set DATABASE_URL.`;
}
