// The kinds of test files, which follow from what a file imports, itself or by a file of test/kit/.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

/** They send every hostile value to every route, and stop machines in every way: minutes, by their nature. */
const LONG = /^test\/(hostile|proof)\//;
/** The first line of a file that waits out times of the product, which stay as they are in operation. */
const WAITS = /^\/\/ Long: it waits for .* \d+ s\b/;
const BROWSER = 'playwright-core';
const PROGRAM = 'node:child_process';
const SERVER = 'server';
/** Files of the kit of which only some functions start something. */
const STARTS = new Map([
  ['test/kit/process.ts', { names: /\b(startProgram|makeInstallation|untilReady)\b/, started: PROGRAM }],
  ['test/kit/scenario.ts', { names: /\b(startScenario|secondServer)\b/, started: SERVER }],
]);

/**
 * Every test file with its kind:
 * - `browser` opens pages in a browser
 * - `program` starts the built program or another one
 * - `long` lies in test/hostile or test/proof, or its first line says which real times it waits for
 * - `api` sends requests to a server that it starts in its own process
 * - `unit` is every other: functions, and statements of PostgreSQL
 * @returns {{ file: string, kind: 'browser' | 'program' | 'long' | 'api' | 'unit' }[]} paths from the repository's root
 */
export function testFiles() {
  return readdirSync(path.join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(path.sep).join('/')}`)
    .sort()
    .map((file) => ({ file, kind: kindOf(file) }));
}

function kindOf(file) {
  const reached = importsOf(file, new Set());
  if (reached.has(BROWSER)) return 'browser';
  if (LONG.test(file)) return 'long';
  if (reached.has(PROGRAM)) return 'program';
  if (WAITS.test(readFileSync(path.join(root, file), 'utf8'))) return 'long';
  return reached.has(SERVER) ? 'api' : 'unit';
}

/** Adds what a file imports to `reached`, and what the files of the kit among it import. */
function importsOf(file, reached) {
  const text = readFileSync(path.join(root, file), 'utf8');
  for (const [, clause, from] of text.matchAll(/^import (?!type )([^;]*? from )?'([^']+)'/gms)) {
    const target = from.startsWith('.') ? path.posix.join(path.posix.dirname(file), from) : from;
    if (reached.has(target)) continue;
    const starts = STARTS.get(target);
    if (starts) {
      if (starts.names.test(clause)) reached.add(starts.started);
      continue;
    }
    reached.add(target);
    if (target.startsWith('test/kit/')) importsOf(target, reached);
  }
  return reached;
}
