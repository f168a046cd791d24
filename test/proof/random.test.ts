import { expect, test } from 'vitest';
import { makeRandom } from './random.ts';

test('a proof that shuffles its steps takes all of them', () => {
  const items = [1, 2, 3, 4, 5, 6, 7];
  for (let seed = 0; seed < 20; seed++)
    expect(
      makeRandom(seed)
        .shuffled(items)
        .toSorted((a, b) => a - b),
    ).toEqual(items);
  expect(items).toEqual([1, 2, 3, 4, 5, 6, 7]);
});
