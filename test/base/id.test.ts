import { expect, test } from 'vitest';
import { floorId, idMaker, isUuid, prefixed, unprefixed } from '../../src/base/id.ts';

test('ids are UUIDv7 and increase, also within a millisecond and when the clock steps back', () => {
  let now = Date.parse('2026-06-01T12:00:00Z');
  const newId = idMaker(() => now);
  const ids: string[] = [];
  for (let n = 0; n < 20_000; n++) {
    if (n === 10_000) now -= 60_000;
    ids.push(newId());
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
  expect(ids).toEqual(ids.toSorted());
});

test('floorId is below every id of its millisecond and above those before', () => {
  const ms = 1_780_315_200_000;
  const idAt = (at: number) => idMaker(() => at)();
  expect(floorId(ms) < idAt(ms)).toBe(true);
  expect(idAt(ms - 1) < floorId(ms)).toBe(true);
});

test('a prefixed id is parsed, and nothing else is', () => {
  const id = idMaker(Date.now)();
  expect(unprefixed('evt', prefixed('evt', id))).toBe(id);
  for (const text of ['', 'evt_', id, `wh_${id.replaceAll('-', '')}`, `evt_${id}`, `evt_${'g'.repeat(32)}`]) {
    expect(unprefixed('evt', text)).toBeNull();
  }
  expect(isUuid(id)).toBe(true);
  expect(isUuid(id.toUpperCase())).toBe(false);
});
