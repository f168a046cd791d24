import { expect, test } from 'vitest';
import { makeTextCache } from '../../src/base/text-cache.ts';

test('keeps the least recently used texts up to its maximum of characters', () => {
  const cache = makeTextCache(10);
  expect(cache.put('a', 'aaaa')).toBe('aaaa');
  cache.put('b', 'bbbb');
  expect(cache.get('a')).toBe('aaaa');
  cache.put('c', 'cccc');
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['aaaa', undefined, 'cccc']);
  // Put again, it counts once; too large for the cache, it is not kept and evicts nothing.
  cache.put('a', 'AAAAAA');
  expect(cache.put('d', 'd'.repeat(11))).toHaveLength(11);
  expect(['a', 'c', 'd'].map((key) => cache.get(key))).toEqual(['AAAAAA', 'cccc', undefined]);
});
