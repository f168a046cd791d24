// @ts-check Plain JavaScript, like data-dir-location.mjs: the files that record a chosen data directory.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isOurs } from './data-dir-candidates.mjs';

/**
 * The records of a chosen place: `record`, next to the place; `pointer`, in the ./data that it replaces; and the
 * first of `copies` that can be written, for starts whose environment does not lead to the place.
 * @typedef {{ base: string, dir: string, record: string, pointer: string, copies: string[] }} Choice
 */

/**
 * Records a choice, before anything is written to the place. In a read-only checkout it is recorded only next to
 * the place.
 * @param {import('./data-dir-location.mjs').Place} place
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
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
 * @returns {Kept[]}
 */
export function keptChoices(base, candidates) {
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
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
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
export function recordFileOf(dir) {
  return `${dir}.json`;
}

/**
 * Where else a choice has to be recorded, best first: directories that are checked in any environment. Empty if
 * the place is in one of them.
 * @param {string} dir
 * @param {string} base
 * @param {import('./data-dir-candidates.mjs').Candidate[]} candidates
 */
export function copiesFor(dir, base, candidates) {
  const always = candidates.filter((item) => !item.byEnvironment);
  return always.some(({ parent }) => parent === path.dirname(dir))
    ? []
    : always.map(({ parent }) => recordOf(parent, base));
}

/**
 * The file that records the choice of a checkout, in a folder for such data; the place itself has the same name
 * without `.json`.
 * @param {string} parent
 * @param {string} base
 */
export function recordOf(parent, base) {
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
