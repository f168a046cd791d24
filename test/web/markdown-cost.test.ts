import { expect, test } from 'vitest';
import { isCostly } from '../../web/record/markdown-cost.ts';

test.each([
  ['emphasis', '**a'.repeat(1_000)],
  ['brackets', '['.repeat(5_000)],
  ['quotes within each other', '>'.repeat(100)],
  ['lists within each other', `Text\n${'1. '.repeat(100)}`],
  ['text of 30,000 characters', 'a\n'.repeat(15_000)],
])('a note full of %s is shown as it was typed', (_name, text) => {
  expect(isCostly(text)).toBe(true);
});

test.each([
  ['a list to tick off', '- [ ] **Call** [Jane](https://x.example)\n'.repeat(100)],
  ['a long text', 'The harbour is closed, and *no* ship leaves.\n\n'.repeat(400)],
  ['indented code', `    ${'x'.repeat(200)}`],
  ['a table', '| a | b |\n'.repeat(200)],
])('%s is rendered', (_name, text) => {
  expect(isCostly(text)).toBe(false);
});
