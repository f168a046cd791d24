import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResponseReader } from '../../src/delivery/sender/response-reader.ts';
import { propertySize } from '../proof/settings.ts';

/** The result of a reader for bytes in these pieces. */
function read(pieces: readonly Buffer[]) {
  const reader = new ResponseReader();
  for (const piece of pieces) {
    if (reader.problem || reader.ended) break;
    reader.read(piece);
  }
  return reader;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...at.map((n) => n % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, n) => bytes.subarray(cuts[n], end));
}

/** Pieces from which odd answers are made. */
const token = fc.oneof(
  fc.constantFrom(
    'HTTP/1.1 200 OK',
    'HTTP/1.1 100 Continue',
    'HTTP/1.0 500',
    'HTTP/1.1 204',
    'HTTP/1.1',
    'http/9',
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ':',
    ' ',
    '\t',
    ',',
    ';',
    '\0',
    'ä',
    '5',
    '0',
    'ff',
    '-1',
    'zz',
    'Content-Length',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Content-Encoding: gzip\r\n',
    'Retry-After: 5\r\n',
    'Keep-Alive: timeout=5\r\n',
    'hello',
    '5\r\nhello\r\n',
    'Upgrade: x\r\n',
    'HTTP/1.1 101 X\r\n',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
);

describe('any answer of a receiver', () => {
  test('the reader never throws, and its result does not depend on how the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(token, { maxLength: 24 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (begins, tokens, at) => {
          const bytes = Buffer.from((begins ? 'HTTP/1.1 200 OK\r\n' : '') + tokens.join(''), 'latin1');
          const whole = read([bytes]);
          const parts = read(cut(bytes, at));
          expect(parts.status).toBe(whole.status);
          expect(parts.problem).toEqual(whole.problem);
          expect(parts.codings).toEqual(whole.codings);
          const bodyOf = ({ kept }: ResponseReader) =>
            parts.endedWell && whole.endedWell ? kept.join('') : '';
          expect(bodyOf(parts)).toBe(bodyOf(whole));
        },
      ),
      propertySize({ small: 20_000, whole: 2_000_000 }),
    );
  });

  test.each([
    ['lengths', `Content-Length: ${'1,'.repeat(120_000)}1\r\n`],
    ['length headers', 'Content-Length: 1\r\n'.repeat(12_000)],
    ['codings', `Content-Encoding: ${'gzip,'.repeat(40_000)}br\r\n`],
    ['folds', `X: y\r\n${' z\r\n'.repeat(50_000)}`],
    ['colons', `X${':'.repeat(200_000)}\r\n`],
  ])('a head with very many %s is read', (_what, lines) => {
    const head = Buffer.from(`HTTP/1.1 200 OK\r\n${lines}\r\n`);
    for (const pieces of [[head], cut(head, [20_000, 40_000, 90_000])]) {
      const reader = read(pieces);
      expect(reader).toMatchObject({ status: 200, problem: null });
      expect(reader.keepAliveS).toBeNull();
    }
  });

  test('a line longer than what is kept is skipped, and what follows counts', () => {
    const head = Buffer.from(
      `HTTP/1.1 503 ${'x'.repeat(20_000)}\r\nX: ${'y'.repeat(50_000)}\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n`,
    );
    for (const pieces of [[head], cut(head, [9_000, 30_000, 69_999])]) {
      const reader = read(pieces);
      expect(reader).toMatchObject({ status: 503, retryAfter: '3', endedWell: true });
    }
  });
});
