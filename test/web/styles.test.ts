import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PROJECT } from '../kit/process.ts';

const ASSETS = path.join(PROJECT, 'dist/web/assets');
const STYLES = path.join(PROJECT, 'node_modules/@mantine/core/styles');

const read = (ending: string) =>
  readdirSync(ASSETS)
    .filter((file) => file.endsWith(`${ending}.br`))
    .map((file) => brotliDecompressSync(readFileSync(path.join(ASSETS, file))).toString())
    .join('\n');
const classesOf = (text: string) => new Set(text.match(/\bm_[0-9a-f]{6,8}\b/g));

test('web/mantine.css imports the styles of every Mantine component in use, and no others', () => {
  const used = classesOf(read('.js'));
  const styled = classesOf(read('.css'));
  expect(used.size).toBeGreaterThan(100);
  const files = readdirSync(STYLES).filter((file) => file.endsWith('.css') && !file.includes('.layer.'));
  const wrong = files.flatMap((file) => {
    const classes = [...classesOf(readFileSync(path.join(STYLES, file), 'utf8'))];
    const isUsed = classes.some((name) => used.has(name));
    const isStyled = classes.some((name) => styled.has(name));
    return isUsed === isStyled ? [] : [`${file} ${isUsed ? 'is missing' : 'is not needed'}`];
  });
  expect(wrong).toEqual([]);
});
