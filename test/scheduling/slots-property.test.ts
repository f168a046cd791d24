import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Interval } from '../../src/scheduling/availability/interval.ts';
import { availableSlots, slotAt, type SlotRequest } from '../../src/scheduling/availability/slots.ts';
import { propertySize, TIMEOUT_MS } from '../proof/settings.ts';
import { expectedStarts, offsetChanges } from './slot-oracle.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

const ZONES = [
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Pacific/Apia',
  'UTC',
];
const YEARS: Interval = { start: Date.UTC(2024, 0, 1), end: Date.UTC(2030, 11, 20) };

/** Days near a change of the clock, or any, in 2024 to 2030. */
const changes = new Map(ZONES.map((zone) => [zone, offsetChanges(zone, YEARS)]));

const clockRange = fc
  .tuple(fc.nat(95), fc.integer({ min: 1, max: 96 }))
  .filter(([start, end]) => start < end)
  .map(([start, end]) => ({ start_min: start * 15, end_min: end * 15 }));

const workingHours = fc.record({
  rules: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 7 }), clockRange), { minLength: 3, maxLength: 14 })
    .map((list) => list.map(([weekday, hours]) => ({ weekday, ...hours }))),
  /** By days after the start of the window. */
  overrides: fc.array(fc.tuple(fc.nat(3), fc.array(clockRange, { maxLength: 2 })), { maxLength: 2 }),
});

/** Minutes after the start of the window, and lengths. */
const blockedTimes = fc.array(fc.tuple(fc.nat(4 * 1440), fc.integer({ min: 1, max: 300 })), { maxLength: 8 });

const slotRules = fc.record({
  host_mode: fc.constantFrom('one', 'round_robin', 'collective'),
  slot_step_min: fc.constantFrom(null, 5, 10, 15, 20, 30, 45, 50, 60, 90),
  start_align_min: fc.constantFrom(null, 0, 5, 15, 30),
  buffer_before_min: fc.constantFrom(0, 5, 15, 60),
  buffer_after_min: fc.constantFrom(0, 10, 30),
  min_notice_min: fc.constantFrom(0, 1, 240, 1500),
  max_ahead_days: fc.constantFrom(0, 1, 2, 60),
  max_per_day: fc.constantFrom(null, 1, 2),
  max_per_week: fc.constantFrom(null, 2, 3),
});

const requests = fc
  .record({
    zones: fc.array(fc.constantFrom(...ZONES), { minLength: 1, maxLength: 3 }),
    nearChange: fc.double({ min: 0, max: 1, noNaN: true }),
    hours: fc.tuple(workingHours, workingHours, workingHours),
    blocked: fc.tuple(blockedTimes, blockedTimes, blockedTimes),
    booked: fc.array(fc.nat(4 * 1440), { maxLength: 4 }),
    rules: slotRules,
    durationMin: fc.constantFrom(15, 30, 45, 60, 100, 240),
    nowBefore: fc.integer({ min: -600, max: 2000 }),
  })
  .map(({ zones, nearChange, hours, blocked, booked, rules, durationMin, nowBefore }): SlotRequest => {
    const moments = changes.get(zones[0]!)!;
    const pick = moments.length > 0 ? moments[Math.floor(nearChange * (moments.length - 1))]! : YEARS.start;
    const from = Math.floor(pick / DAY) * DAY - DAY;
    const minutes = (offset: number) => from + offset * MINUTE;
    return {
      rules,
      hosts: zones.slice(0, rules.host_mode === 'one' ? 1 : 3).map((zone, index) => ({
        userId: `host ${index}`,
        hours: {
          time_zone: zone,
          rules: hours[index]!.rules,
          overrides: hours[index]!.overrides.map(([offset, ranges]) => ({
            date: new Date(from + offset * DAY).toISOString().slice(0, 10),
            ranges,
          })),
        },
        blocked: blocked[index]!.map(([start, length]) => ({
          start: minutes(start),
          end: minutes(start + length),
        })),
        appointmentStarts: index === 0 ? booked.map(minutes) : [],
      })),
      durationMin,
      from,
      to: from + 3 * DAY,
      now: from - nowBefore * MINUTE,
    };
  });

describe('BK2: over eight zones and every change of their clocks from 2024 to 2030', () => {
  test('what is listed can be booked, and what can be booked is listed', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(requests, (request) => {
        const listed = availableSlots(request);
        const expected = expectedStarts(request);
        expect(listed.map(({ start, hostIds }) => [start, hostIds.join()])).toEqual(expected);
        const listedStarts = new Set(listed.map(({ start }) => start));
        // A booking asks for one start: each listed one, and others around it.
        for (const { start } of listed.slice(0, 20)) {
          expect(slotAt(request, start)?.start).toBe(start);
          for (const shift of [-1, 1, 5 * MINUTE, 7 * MINUTE + 1]) {
            const other = start + shift;
            // A booking knows no window; what is after this one is not listed in it.
            if (other < request.from || other >= request.to) continue;
            expect(slotAt(request, other) !== undefined).toBe(listedStarts.has(other));
          }
        }
      }),
      propertySize({ small: 40, whole: 20_000 }),
    );
  });

  test('nothing overlaps, buffers included, however slots are booked', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(
        requests,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
        (base, choices) => {
          const request = {
            ...base,
            hosts: base.hosts.map((item) => ({ ...item, blocked: [...item.blocked] })),
          };
          const { rules } = request;
          for (const choice of choices) {
            const listed = availableSlots(request);
            const slot = listed[Math.floor(choice * (listed.length - 1))];
            if (!slot) break;
            const block = {
              start: slot.start - rules.buffer_before_min * MINUTE,
              end: slot.end + rules.buffer_after_min * MINUTE,
            };
            const taken = rules.host_mode === 'collective' ? slot.hostIds : slot.hostIds.slice(0, 1);
            for (const { userId, blocked } of request.hosts.filter((item) => taken.includes(item.userId))) {
              const overlapped = blocked.filter(({ start, end }) => start < block.end && end > block.start);
              expect(overlapped, userId).toEqual([]);
              blocked.push(block);
            }
          }
        },
      ),
      propertySize({ small: 40, whole: 5_000 }),
    );
  });
});
