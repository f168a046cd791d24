// @ts-check Plain JavaScript without dependencies: `npm start` runs it before the dependencies and a build exist.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { cannotRunAs, findRunAs, firstClosed, NO_USER } from './postgres-user.mjs';

/**
 * The location of the data directory.
 * @typedef {object} Place
 * @property {string} dir
 * @property {'named' | 'default' | 'chosen'} kind by FAIRLEAD_DATA_DIR; ./data; or chosen because ./data cannot be
 * used
 * @property {string | null} why why ./data cannot be used, if this was found out now
 * @property {boolean} temporary whether the system may empty it
 * @property {Choice | null} choice what has to be recorded, if the place is chosen now
 */

/**
 * The records of a chosen place: `record`, next to the place; `pointer`, in the ./data that it replaces; and the
 * first of `copies` that can be written, for starts whose environment does not lead to the place.
 * @typedef {{ base: string, dir: string, record: string, pointer: string, copies: string[] }} Choice
 */

/**
 * @typedef {object} Candidate
 * @property {string} parent
 * @property {boolean} temporary
 * @property {boolean} [byEnvironment] whether it is named by a variable, which may differ at the next start
 */

/**
 * Finds the data directory; creates nothing. FAIRLEAD_DATA_DIR takes precedence. Otherwise it is ./data, of the
 * checkout if started in one; if that cannot be used, a folder for this checkout in the system's directory for
 * such data. An earlier choice is kept: a second store, or a missing one, is a problem.
 * @param {object} asked
 * @param {string} asked.root the folder of the program
 * @param {string} asked.cwd
 * @param {Record<string, string | undefined>} asked.env
 * @param {Candidate[]} [asked.candidates] for tests: instead of the system's directories
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
 * Records a choice, before anything is written to the place. In a read-only checkout it is recorded only next to
 * the place.
 * @param {Place} place
 */
export function keepPlace({ dir, choice }) {
  if (choice === null) return;
  const { base, record, pointer, copies } = choice;
  const text = `${JSON.stringify({ checkout: base, data: dir })}\n`;
  makeDir(dir);
  writeWhole(record, text);
  copies.some((file) => isOurs(path.dirname(file)) && tryWrite(file, text));
  tryWrite(pointer, `${dir}\n\nThe data is kept there, because it could not be kept here.\n`);
}

/**
 * Writes a file and creates its folder; false if that is not possible.
 * @param {string} file
 * @param {string} text
 */
function tryWrite(file, text) {
  try {
    makeDir(path.dirname(file));
    writeWhole(file, text);
    return true;
  } catch {
    return false;
  }
}

/**
 * If created by root, others may enter it whatever the umask is: PostgreSQL runs as another user.
 * @param {string} dir
 */
function makeDir(dir) {
  if (existsSync(dir)) return;
  makeDir(path.dirname(dir));
  mkdirSync(dir);
  chmodSync(dir, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode: 0o644 });
  renameSync(draft, file);
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
 * The system's directories for such data, best first; the last one survives a restart of the machine.
 * @param {Record<string, string | undefined>} env
 * @returns {Candidate[]}
 */
function candidatesFor(env) {
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
function account() {
  try {
    return userInfo();
  } catch {
    return null;
  }
}

/**
 * A place that was chosen earlier, with all files that record it.
 * @typedef {object} Kept
 * @property {string} dir
 * @property {boolean} temporary
 * @property {string | null} checkout the owner of the data
 * @property {string[]} records
 * @property {string | null} pointer
 */

/**
 * The earlier choices for this checkout, whether the places still exist or not.
 * @param {string} base
 * @param {Candidate[]} candidates
 * @returns {Kept[]}
 */
function keptChoices(base, candidates) {
  /** @type {Map<string, Kept>} */
  const kept = new Map();
  for (const { parent } of candidates.filter((item) => isOurs(item.parent))) {
    const record = recordOf(parent, base);
    const found = readRecord(record);
    if (found === null) continue;
    const known = kept.get(found.data);
    if (known) known.records.push(record);
    else kept.set(found.data, keptIn(found.data, found.checkout, [record], candidates));
  }
  const pointer = path.join(base, 'data', 'location.txt');
  const pointed = readText(pointer)?.split('\n', 1)[0] ?? null;
  if (pointed !== null && path.isAbsolute(pointed) && !kept.has(pointed)) {
    const record = recordFileOf(pointed);
    const known = readRecord(record)?.checkout ?? null;
    const checkout = known ?? (record === recordOf(path.dirname(pointed), base) ? base : null);
    kept.set(pointed, keptIn(pointed, checkout, [record], candidates));
  }
  return [...kept.values()].map((item) => (pointed === null ? item : { ...item, pointer }));
}

/**
 * @param {string} dir
 * @param {string | null} checkout
 * @param {string[]} records
 * @param {Candidate[]} candidates
 * @returns {Kept}
 */
function keptIn(dir, checkout, records, candidates) {
  const parent = path.dirname(dir);
  const candidate = candidates.find((item) => item.parent === parent);
  const temporary = candidate?.temporary ?? parent.startsWith('/var/tmp/');
  return { dir, temporary, checkout, records, pointer: null };
}

/**
 * The file next to a chosen place that names its checkout.
 * @param {string} dir
 */
function recordFileOf(dir) {
  return `${dir}.json`;
}

/**
 * @param {Kept} kept
 * @param {string} base
 * @param {Candidate[]} candidates
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
 * Where else a choice has to be recorded, best first: directories that are checked in any environment. Empty if
 * the place is in one of them.
 * @param {string} dir
 * @param {string} base
 * @param {Candidate[]} candidates
 */
function copiesFor(dir, base, candidates) {
  const always = candidates.filter((item) => !item.byEnvironment);
  return always.some(({ parent }) => parent === path.dirname(dir))
    ? []
    : always.map(({ parent }) => recordOf(parent, base));
}

/**
 * @param {string} own
 * @param {string} base
 * @param {Candidate[]} candidates
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
 * @param {Candidate[]} candidates
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

/**
 * The file that records the choice of a checkout, in a folder for such data; the place itself has the same name
 * without `.json`.
 * @param {string} parent
 * @param {string} base
 */
function recordOf(parent, base) {
  const hash = createHash('sha256').update(base).digest('hex').slice(0, 16);
  return path.join(parent, `${hash}.json`);
}

/**
 * @param {string} file
 * @returns {{ checkout: string, data: string } | null}
 */
function readRecord(file) {
  try {
    const { checkout, data } = JSON.parse(readText(file) ?? 'null') ?? {};
    return typeof checkout === 'string' && typeof data === 'string' ? { checkout, data } : null;
  } catch {
    return null;
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Whether a folder, if it exists, belongs to this user: in /var/tmp anyone can create one.
 * @param {string} parent
 */
function isOurs(parent) {
  if (!parent.startsWith('/var/tmp/')) return true;
  const found = lstatSync(parent, { throwIfNoEntry: false });
  return !found || (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0);
}

/**
 * Whether a data directory contains something that must not be ignored; `closed` if that cannot be determined.
 * @param {string} dir
 * @returns {'yes' | 'no' | 'closed'}
 */
function holdsStore(dir) {
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
function lookAt(file) {
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
function closedTo(dir) {
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
function cannotServe(dir) {
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
function cannotWrite(dir) {
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
