// @ts-check Plain JavaScript without dependencies: `npm start` runs it before the dependencies and a build exist.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { candidatesFor, isOurs } from './data-dir-candidates.mjs';
import { cannotServe, cannotWrite, closedTo, holdsStore, lookAt } from './data-dir-obstacle.mjs';
import { copiesFor, keptChoices, recordFileOf, recordOf } from './data-dir-record.mjs';

/**
 * The location of the data directory.
 * @typedef {object} Place
 * @property {string} dir
 * @property {'named' | 'default' | 'chosen'} kind by FAIRLEAD_DATA_DIR; ./data; or chosen because ./data cannot be
 * used
 * @property {string | null} why why ./data cannot be used, if this was found out now
 * @property {boolean} temporary whether the system may empty it
 * @property {import('./data-dir-record.mjs').Choice | null} choice what has to be recorded, if the place is chosen now
 */

/**
 * Finds the data directory; creates nothing. FAIRLEAD_DATA_DIR takes precedence. Otherwise it is ./data, of the
 * checkout if started in one; if that cannot be used, a folder for this checkout in the system's directory for
 * such data. An earlier choice is kept: a second store, or a missing one, is a problem.
 * @param {object} asked
 * @param {string} asked.root the folder of the program
 * @param {string} asked.cwd
 * @param {Record<string, string | undefined>} asked.env
 * @param {import('./data-dir-candidates.mjs').Candidate[]} [asked.candidates] for tests: instead of the system's directories
 * @returns {Place | { problem: string }} the problem is one line that says what to do
 */
export function findPlace({ root, cwd, env, candidates = candidatesFor(env) }) {
  const named = env['FAIRLEAD_DATA_DIR'];
  const external = Boolean(env['DATABASE_URL']);
  /** @type {(dir: string) => string | null} */
  const obstacle = external ? cannotWrite : cannotServe;
  if (named) {
    const blocked = external ? null : obstacle(path.resolve(cwd, named));
    return blocked === null ? placeOf(named, 'named') : { problem: withRemedy(blocked) };
  }
  const base = baseOf(root, cwd);
  const own = path.join(base, 'data');
  if (external) return withoutStore(own, base, candidates);

  const kept = keptChoices(base, candidates);
  // An earlier choice resolves what an inaccessible ./data would leave open.
  const stores = [
    ...(holdsStore(own) === 'yes' ? [own] : []),
    ...kept.map(({ dir }) => dir).filter((dir) => holdsStore(dir) !== 'no'),
  ];
  if (kept.length === 0 && holdsStore(own) === 'closed') return { problem: closedTo(own) };
  if (stores.length > 1) {
    return {
      problem: `Both ${stores[0]} and ${stores[1]} contain data of this checkout: set FAIRLEAD_DATA_DIR to the right one, or move the other away.`,
    };
  }
  if (stores[0] === own) {
    const blocked = obstacle(own);
    return blocked === null
      ? placeOf(own, 'default')
      : {
          problem: `${own} contains the data of this installation and cannot be used. ${withRemedy(blocked)}`,
        };
  }
  const choice = kept.find(({ dir }) => dir === stores[0]) ?? kept[0];
  return choice ? keptPlace(choice, base, candidates, obstacle) : choose(own, base, candidates, obstacle);
}

/**
 * @param {string} dir
 * @param {Place['kind']} kind
 * @param {Partial<Place>} [more]
 * @returns {Place}
 */
function placeOf(dir, kind, more) {
  return { dir, kind, why: null, temporary: false, choice: null, ...more };
}

/**
 * The base of ./data: the checkout, if started anywhere within it; else the current directory, as for a program
 * that npm installed. A store in the current directory takes precedence.
 * @param {string} root
 * @param {string} cwd
 */
function baseOf(root, cwd) {
  const here = realpathSync(cwd);
  const checkout = realpathSync(root);
  const inside = here === checkout || here.startsWith(checkout + path.sep);
  const isCheckout = existsSync(path.join(checkout, 'scripts', 'start.mjs'));
  return inside && isCheckout && holdsStore(path.join(here, 'data')) === 'no' ? checkout : here;
}

/**
 * @param {import('./data-dir-record.mjs').Kept} kept
 * @param {string} base
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
 * @param {(dir: string) => string | null} obstacle
 * @returns {Place | { problem: string }}
 */
function keptPlace({ dir, temporary, checkout, records, pointer }, base, candidates, obstacle) {
  const notes = [...records, pointer].filter((file) => file !== null && existsSync(file)).join(' and ');
  const remedy = `remove ${notes} to start with an empty store`;
  const existing = lookAt(dir);
  if (existing === 'closed') return { problem: closedTo(dir) };
  if (existing === 'missing') {
    return { problem: `The data of ${base} was kept in ${dir}, which is missing: restore it, or ${remedy}.` };
  }
  if (checkout !== base) {
    const from = checkout === null ? 'another checkout' : checkout;
    return {
      problem: `${dir}, which ${pointer ?? records[0]} names, contains the data of ${from}, not of ${base}: set FAIRLEAD_DATA_DIR=${dir} to use it, or remove ${pointer ?? records[0]} to start with an empty store.`,
    };
  }
  const blocked = obstacle(dir);
  if (blocked !== null)
    return { problem: `The data of ${base} is kept in ${dir} and cannot be used. ${withRemedy(blocked)}` };
  const copies = copiesFor(dir, base, candidates);
  const isKept = existsSync(recordFileOf(dir))
    ? copies.length === 0 || copies.some(existsSync)
    : pointer === null;
  const again = {
    base,
    dir,
    record: recordFileOf(dir),
    pointer: path.join(base, 'data', 'location.txt'),
    copies,
  };
  return placeOf(dir, 'chosen', { temporary, choice: isKept ? null : again });
}

/**
 * @param {string} own
 * @param {string} base
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
 * @param {(dir: string) => string | null} obstacle
 * @returns {Place | { problem: string }}
 */
function choose(own, base, candidates, obstacle) {
  const why = obstacle(own);
  if (why === null) return placeOf(own, 'default');
  if (why.endsWith('.')) return { problem: why };
  const problems = [why];
  for (const { parent, temporary } of candidates) {
    const record = recordOf(parent, base);
    const dir = record.slice(0, -'.json'.length);
    const blocked = isOurs(parent) ? obstacle(dir) : `${parent} belongs to another user`;
    if (blocked === null) {
      const copies = copiesFor(dir, base, candidates);
      const choice = { base, dir, record, pointer: path.join(own, 'location.txt'), copies };
      return placeOf(dir, 'chosen', { why, temporary, choice });
    }
    if (!problems.includes(blocked)) problems.push(blocked);
  }
  return { problem: `There is no place for the data. ${withRemedy(problems.join('; '))}` };
}

/**
 * With DATABASE_URL the directory contains only the output of the first start.
 * @param {string} own
 * @param {string} base
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
 */
function withoutStore(own, base, candidates) {
  const dirs = candidates.filter(({ parent }) => isOurs(parent)).map(({ parent }) => recordOf(parent, base));
  const writable = [own, ...dirs.map((record) => record.slice(0, -'.json'.length))].find(
    (dir) => cannotWrite(dir) === null,
  );
  return placeOf(writable ?? own, writable === undefined || writable === own ? 'default' : 'chosen');
}

/**
 * Adds what to do to a problem. A problem that ends in a full stop is already complete: another place would not
 * help.
 * @param {string} blocked
 */
function withRemedy(blocked) {
  if (blocked.endsWith('.')) return blocked;
  const closed = /cannot enter ([^;]+)$/.exec(blocked)?.[1];
  const open = closed === undefined ? '' : `run \`chmod o+x ${closed}\`, `;
  return `${blocked}: ${open}set FAIRLEAD_DATA_DIR to a directory that can be used, such as one in /var/lib, or set DATABASE_URL to a PostgreSQL 15 or newer.`;
}
