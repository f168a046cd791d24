// @ts-check Plain JavaScript, like data-dir-location.mjs: the system's directories for data.
import { lstatSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';

/**
 * @typedef {object} Candidate
 * @property {string} parent
 * @property {boolean} temporary
 * @property {boolean} [byEnvironment] whether it is named by a variable, which may differ at the next start
 */

/**
 * The system's directories for such data, best first; the last one survives a restart of the machine.
 * @param {Record<string, string | undefined>} env
 * @returns {Candidate[]}
 */
export function candidatesFor(env) {
  const uid = process.getuid?.();
  const parents = [
    ...(uid === 0 || uid === undefined ? [] : homesOf(env)),
    process.platform === 'darwin'
      ? '/Library/Application Support/fairlead'
      : process.platform === 'win32'
        ? path.join(env['LOCALAPPDATA'] || homedir(), 'fairlead')
        : '/var/lib/fairlead',
  ];
  const lasting = [...new Set(parents)].map((parent) => ({ parent, temporary: false }));
  if (process.platform === 'win32') return lasting;
  const all = [...lasting, { parent: `/var/tmp/fairlead-${uid}`, temporary: true }];
  const always = new Set(homesOf({}));
  return all.map((item) =>
    homesOf(env).includes(item.parent) && !always.has(item.parent) ? { ...item, byEnvironment: true } : item,
  );
}

/**
 * The data folders of this user. HOME may be missing or differ, as under sudo; so the system's user list is used
 * as well.
 * @param {Record<string, string | undefined>} env
 */
function homesOf(env) {
  const homes = [env['HOME'], account()?.homedir].filter((home) => home && path.isAbsolute(home));
  const inHome = process.platform === 'darwin' ? 'Library/Application Support' : '.local/share';
  const xdg = env['XDG_DATA_HOME'];
  return [
    ...(xdg && path.isAbsolute(xdg) ? [xdg] : []),
    ...homes.map((home) => path.join(/** @type {string} */ (home), inHome)),
  ].map((folder) => path.join(folder, 'fairlead'));
}

/** This user's entry in the system's user list; null if there is none, as for an arbitrary uid in a container. */
export function account() {
  try {
    return userInfo();
  } catch {
    return null;
  }
}

/**
 * Whether a folder, if it exists, belongs to this user: in /var/tmp anyone can create one.
 * @param {string} parent
 */
export function isOurs(parent) {
  if (!parent.startsWith('/var/tmp/')) return true;
  const found = lstatSync(parent, { throwIfNoEntry: false });
  return !found || (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0);
}
