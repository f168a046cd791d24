import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT } from './kit/process.ts';

/** The rows of a table: the number of a promise, and the other cells. */
function rowsOf(text: string): [number: string, rest: string][] {
  return [...text.matchAll(/^\| ((?:AX|RX|AN|CW|AC)\d+) *\| (.*)$/gm)].map(([, number, rest]) => [
    number!,
    rest!,
  ]);
}

test('each of the 52 promises of the five documents names the tests that show it', async () => {
  const page = await readFile(path.join(PROJECT, 'docs/requirements.md'), 'utf8');
  const [promises, tests] = page.split('\n## 16. Tests of the promises\n');
  const numbers = [...new Set(rowsOf(promises!).map(([number]) => number))];
  expect(numbers).toHaveLength(52);
  const named = new Map(rowsOf(tests!));
  expect([...named.keys()]).toEqual(numbers);
  for (const [number, cells] of named) {
    const files = [...cells.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, file]) => file!);
    expect(files, `${number} names no test`).not.toEqual([]);
    const texts = await Promise.all(files.map((file) => readFile(path.join(PROJECT, file), 'utf8')));
    const cites = texts.some((text) => new RegExp(`\\b${number}\\b`).test(text));
    expect(cites, `${files.join(', ')}: none of them cites ${number}`).toBe(true);
  }
});
