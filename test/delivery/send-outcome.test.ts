import { describe, expect, test } from 'vitest';
import { responseText, retryAfter, statusFailure } from '../../src/delivery/sender/send-outcome.ts';

test.each([
  [200, null],
  [204, null],
  [299, null],
  [300, 'status_3xx'],
  [399, 'status_3xx'],
  [400, 'status_4xx'],
  [499, 'status_4xx'],
  [500, 'status_5xx'],
  [599, 'status_5xx'],
  [600, 'bad_response'],
  [999, 'bad_response'],
] as const)('status %i is %s', (status, failure) => {
  expect(statusFailure(status)).toBe(failure);
});

describe('Retry-After', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  const HOUR = 3_600_000;

  test.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['1.5', 1_500],
    ['86400', 24 * HOUR],
    ['999999999999', 24 * HOUR],
    ['9'.repeat(400), 24 * HOUR],
    ['Mon, 01 Jun 2026 12:00:30 GMT', 30_000],
    ['Monday, 01-Jun-26 12:00:30 GMT', 30_000],
    ['Mon Jun  1 12:00:30 2026', 30_000],
    ['Mon, 01 Jun 2026 11:00:00 GMT', 0],
    ['Wed, 01 Jun 2067 12:00:00 GMT', 24 * HOUR],
  ])('%j is %i ms', (header, wait) => {
    expect(retryAfter(header, now)).toBe(wait);
  });

  test.each([undefined, '', 'soon', '-5', '1e3', '0x10', '1 day', 'Mon, 99 Foo 2026 12:00:30 GMT', 'NaN'])(
    '%j is ignored',
    (header) => {
      expect(retryAfter(header, now)).toBeNull();
    },
  );

  test('sent twice, the first counts', () => {
    expect(retryAfter(['3', '9'], now)).toBe(3_000);
  });
});

describe('the text of an answer', () => {
  const text = (...parts: (string | number[])[]) =>
    responseText(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

  test.each([
    ['nothing', text(), ''],
    ['plain text', text('ok'), 'ok'],
    ['a character over two chunks', text([0xc3], [0xa4]), 'ä'],
    ['NUL', text('a\0b\0'), 'a\ufffdb\ufffd'],
    ['invalid bytes', text([0x61, 0xff, 0xfe, 0x62]), 'a\ufffd\ufffdb'],
    ['an unfinished character', text([0x61, 0xe2, 0x82]), 'a\ufffd'],
    ['an overlong NUL', text([0xc0, 0x80]), '\ufffd\ufffd'],
    ['half a surrogate pair in UTF-8', text([0xed, 0xa0, 0x80]), '\ufffd\ufffd\ufffd'],
  ])('%s', (_what, read, expected) => {
    expect(read).toBe(expected);
  });

  test.each([
    ['a', 1_000],
    ['ä', 1_000],
    ['漢', 1_000],
    ['😀', 1_000],
  ])('%s 5,000 times is kept 1,000 times', (character, kept) => {
    expect(text(character.repeat(5_000))).toBe(character.repeat(kept));
  });

  test('the cut splits no surrogate pair, wherever it falls', () => {
    for (let before = 0; before < 4; before += 1) {
      const read = text('x'.repeat(before) + '😀'.repeat(2_000));
      expect(Buffer.from(read).toString()).toBe(read);
      expect(Array.from(read)).toHaveLength(1_000);
    }
  });
});
