import { beforeAll, expect, test } from 'vitest';
import {
  boundsOf,
  partsOf,
  shiftedDay,
  shownDays,
  timeAt,
  withoutTaken,
} from '../../web/scheduling/calendar/calendar-days.ts';
import { setRegion } from '../../web/ui/format.ts';

beforeAll(() => setRegion({ locale: 'de-DE', time_zone: 'Europe/Berlin', currency: 'EUR' }));

test('a month has whole weeks, from the first day of the week of the locale', () => {
  const days = shownDays('month', '2026-11-18');
  expect([days[0], days.at(-1), days.length]).toEqual(['2026-10-26', '2026-12-06', 42]);
  // It begins on a Monday, and ends on a Sunday.
  expect(shownDays('month', '2027-02-10')).toHaveLength(28);
  expect(shownDays('week', '2026-11-29')[0]).toBe('2026-11-23');
  expect(shiftedDay('month', '2026-01-31', 1)).toBe('2026-02-01');
  expect(shiftedDay('week', '2026-01-01', -1)).toBe('2025-12-25');
});

test('the bounds of a day are its midnights, also of a day with 23 hours', () => {
  expect(boundsOf(['2026-03-29'])).toEqual({
    from: '2026-03-28T23:00:00.000Z',
    to: '2026-03-29T22:00:00.000Z',
  });
  // 02:30 does not exist on this day.
  expect(timeAt('2026-03-29', 150)).toBe('2026-03-29T01:30:00.000Z');
});

test('appointments that overlap share the width, others have all of it', () => {
  const at = (from: string, to: string) => ({ start: `2026-11-30T${from}:00Z`, end: `2026-11-30T${to}:00Z` });
  const items = [at('08:00', '09:00'), at('08:30', '10:00'), at('09:00', '09:30'), at('12:00', '12:05')];
  const parts = partsOf('2026-11-30', items, (item) => item);
  expect(parts.map(({ from, to, column, columns }) => [from, to, column, columns])).toEqual([
    [540, 600, 0, 2],
    [570, 660, 1, 2],
    [600, 630, 0, 2],
    // One of five minutes is as high as its text.
    [780, 800, 0, 1],
  ]);
});

test('an appointment over midnight has a part of each day; one until midnight has none of the next', () => {
  const night = [{ start: '2026-11-30T22:00:00Z', end: '2026-12-01T00:30:00Z' }];
  expect(partsOf('2026-11-30', night, (item) => item)).toMatchObject([{ from: 1380, to: 1440 }]);
  expect(partsOf('2026-12-01', night, (item) => item)).toMatchObject([{ from: 0, to: 90 }]);
  const late = [{ start: '2026-11-30T22:00:00Z', end: '2026-11-30T23:00:00Z' }];
  expect(partsOf('2026-12-01', late, (item) => item)).toEqual([]);
});

test('busy times show what the appointments on view do not', () => {
  const time = (start: string, end: string) => ({
    start: `2026-11-30T${start}:00.000Z`,
    end: `2026-11-30T${end}:00.000Z`,
  });
  const busy = [time('09:00', '12:00'), time('14:00', '15:00')];
  const taken = [time('08:30', '09:30'), time('10:00', '10:30'), time('14:00', '15:00')];
  expect(withoutTaken(busy, taken)).toEqual([time('09:30', '10:00'), time('10:30', '12:00')]);
});
