import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Interval } from '../../src/scheduling/availability/interval.ts';
import {
  availableSlots,
  slotAt,
  type HostAvailability,
  type SlotRequest,
  type SlotRules,
} from '../../src/scheduling/availability/slots.ts';
import { propertySize, TIMEOUT_MS } from '../proof/settings.ts';
import { expectedStarts, localMinute, offsetChanges } from './slot-oracle.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const RULES: SlotRules = {
  host_mode: 'one',
  slot_step_min: null,
  start_align_min: null,
  buffer_before_min: 0,
  buffer_after_min: 0,
  min_notice_min: 0,
  max_ahead_days: 60,
  max_per_day: null,
  max_per_week: null,
};
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const clock = (text: string) => {
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * 60 + minutes!;
};
const range = (text: string) => {
  const [start, end] = text.split('-');
  return { start_min: clock(start!), end_min: clock(end!) };
};
/** A host who works the same hours on every day. */
function host(timeZone: string, hours: string, more: Partial<HostAvailability> = {}): HostAvailability {
  const rules = EVERY_DAY.map((weekday) => ({ weekday, ...range(hours) }));
  return {
    userId: 'anna',
    hours: { time_zone: timeZone, rules, overrides: [] },
    blocked: [],
    appointmentStarts: [],
    ...more,
  };
}
const at = (text: string) => Date.parse(text);
const span = (start: string, end: string): Interval => ({ start: at(start), end: at(end) });
/** Slots of one UTC day. */
function day(date: string, hosts: HostAvailability[], rules: Partial<SlotRules> = {}, durationMin = 60) {
  const from = at(`${date}T00:00Z`);
  return {
    rules: { ...RULES, ...rules },
    hosts,
    durationMin,
    from,
    to: from + DAY,
    now: from - DAY,
  } satisfies SlotRequest;
}
/** Starts as `HH:MM` in UTC. */
const starts = (request: SlotRequest) =>
  availableSlots(request).map(({ start }) => new Date(start).toISOString().slice(11, 16));

describe('BK2: what is listed', () => {
  test('slots follow each other within working hours, and the last one ends with them', () => {
    expect(starts(day('2026-12-01', [host('UTC', '9:00-12:30')]))).toEqual(['09:00', '10:00', '11:00']);
    const every20 = day('2026-12-01', [host('UTC', '9:00-10:30')], { slot_step_min: 20 }, 45);
    expect(starts(every20)).toEqual(['09:00', '09:20', '09:40']);
  });

  test('a day that ends at 24:00 continues on the next one', () => {
    const [anna] = [host('UTC', '0:00-24:00')];
    expect(starts(day('2026-12-01', [anna!], {}, 480))).toEqual(['00:00', '08:00', '16:00']);
    const night = host('UTC', '22:00-24:00');
    night.hours.rules.push(...EVERY_DAY.map((weekday) => ({ weekday, ...range('0:00-1:00') })));
    expect(starts(day('2026-12-01', [night], { slot_step_min: 30 }, 90))).toEqual([
      '22:00',
      '22:30',
      '23:00',
      '23:30',
    ]);
  });

  test('an override replaces the hours of its date, and without ranges closes it', () => {
    const anna = host('UTC', '9:00-17:00');
    anna.hours.overrides = [
      { date: '2026-12-01', ranges: [range('14:00-15:00'), range('10:00-11:00')] },
      { date: '2026-12-02', ranges: [] },
    ];
    expect(starts(day('2026-12-01', [anna]))).toEqual(['10:00', '14:00']);
    expect(starts(day('2026-12-02', [anna]))).toEqual([]);
  });

  test('time off, busy times and other appointments take their slots, to the second', () => {
    const blocked = [
      span('2026-12-01T09:59:59Z', '2026-12-01T10:00:01Z'),
      span('2026-12-01T13:00Z', '2026-12-01T14:00Z'),
    ];
    expect(starts(day('2026-12-01', [host('UTC', '9:00-16:00', { blocked })]))).toEqual([
      '11:00',
      '12:00',
      '14:00',
      '15:00',
    ]);
  });

  test('the buffers of both neighbours keep their distance', () => {
    // The appointment from 12:00 to 13:00 brings its own buffer of 15 minutes after it.
    const anna = host('UTC', '9:00-18:00', { blocked: [span('2026-12-01T12:00Z', '2026-12-01T13:15Z')] });
    const buffered = { slot_step_min: 15, buffer_before_min: 15, buffer_after_min: 30 };
    const listed = starts(day('2026-12-01', [anna], buffered));
    expect(listed.filter((start) => start > '10:00' && start < '14:00')).toEqual([
      '10:15',
      '10:30',
      '13:30',
      '13:45',
    ]);
  });

  test('notice and horizon: the horizon ends with a local day of the host', () => {
    const request = day('2026-12-01', [host('America/New_York', '0:00-24:00')], {
      min_notice_min: 240,
      max_ahead_days: 1,
    });
    request.now = at('2026-12-01T03:10Z');
    const listed = availableSlots({ ...request, to: request.to + 30 * DAY });
    expect(new Date(listed[0]!.start).toISOString()).toBe('2026-12-01T08:00:00.000Z');
    // It is still 30 November there: tomorrow ends on 2 December at 05:00 UTC.
    expect(new Date(listed.at(-1)!.start).toISOString()).toBe('2026-12-02T04:00:00.000Z');
  });

  test("limits count by day and week in the host's zone", () => {
    // In Auckland, 20:00 UTC is the next morning.
    const anna = host('Pacific/Auckland', '8:00-12:00', {
      appointmentStarts: [at('2026-12-01T20:00Z'), at('2026-12-03T20:00Z')],
    });
    const request = { ...day('2026-12-01', [anna], { max_per_day: 1 }), to: at('2026-12-05T00:00Z') };
    const days = new Set(
      availableSlots(request).map(({ start }) => new Date(start).toISOString().slice(0, 10)),
    );
    expect([...days]).toEqual(['2026-12-02', '2026-12-04']);
    const weekly = { ...day('2026-12-01', [anna], { max_per_week: 2 }), to: at('2026-12-10T00:00Z') };
    // Monday 7 December begins there on Sunday in UTC.
    expect(new Date(availableSlots(weekly)[0]!.start).toISOString()).toBe('2026-12-06T19:00:00.000Z');
  });

  test('starts are aligned to the local hour where the page says so, in zones off the hour too', () => {
    const kathmandu = host('Asia/Kathmandu', '9:10-12:00');
    const aligned = day('2026-12-01', [kathmandu], { start_align_min: 0, slot_step_min: 30 }, 30);
    // 9:30 there is 03:45 in UTC.
    expect(starts(aligned)).toEqual(['03:45', '04:15', '04:45', '05:15', '05:45']);
    const quarter = day('2026-12-01', [host('UTC', '9:00-12:00')], { start_align_min: 15 });
    expect(starts(quarter)).toEqual(['09:15', '10:15']);
  });

  test('a collective page needs all hosts, a round robin one of them', () => {
    const anna = host('UTC', '9:00-12:00');
    const bert = host('UTC', '10:00-14:00', { userId: 'bert' });
    const listedBy = (mode: SlotRules['host_mode']) =>
      availableSlots(day('2026-12-01', [anna, bert], { host_mode: mode })).map(({ start, hostIds }) => [
        new Date(start).getUTCHours(),
        hostIds.join(),
      ]);
    expect(listedBy('collective')).toEqual([
      [10, 'anna,bert'],
      [11, 'anna,bert'],
    ]);
    expect(listedBy('round_robin')).toEqual([
      [9, 'anna'],
      [10, 'anna,bert'],
      [11, 'anna,bert'],
      [12, 'bert'],
      [13, 'bert'],
    ]);
    expect(availableSlots(day('2026-12-01', [], { host_mode: 'collective' }))).toEqual([]);
  });
});

describe('BK2: when the clock changes', () => {
  test('02:30 does not exist in the spring gap, and is offered twice in autumn', () => {
    const newYork = [host('America/New_York', '1:00-4:00')];
    const every30 = { slot_step_min: 30 };
    // On 8 March 2026, 02:00 becomes 03:00, which is 07:00 in UTC.
    expect(starts(day('2026-03-08', newYork, every30, 30))).toEqual(['06:00', '06:30', '07:00', '07:30']);
    expect(starts(day('2026-03-08', [host('America/New_York', '2:30-4:00')], every30, 30))).toEqual([
      '07:00',
      '07:30',
    ]);
    expect(starts(day('2026-03-08', [host('America/New_York', '2:00-3:00')], every30, 30))).toEqual([]);
    // On 1 November, 02:00 becomes 01:00: an hour more.
    expect(starts(day('2026-11-01', newYork, {}, 60))).toEqual(['05:00', '06:00', '07:00', '08:00']);
    const half = [host('America/New_York', '1:30-2:00')];
    expect(starts(day('2026-11-01', half, {}, 30))).toEqual(['05:30', '06:30']);
    // The first 01:30 to 02:00 is followed by the second 01:00, which is not within the hours.
    expect(starts(day('2026-11-01', half, {}, 45))).toEqual([]);
  });

  test('Lord Howe moves its clock by half an hour; starts stay on the local hour', () => {
    const lordHowe = [host('Australia/Lord_Howe', '0:00-6:00')];
    // 4 October 2026: 02:00 becomes 02:30, at 15:30 UTC of the day before.
    const spring = { ...day('2026-10-03', lordHowe), to: at('2026-10-04T00:00Z') };
    const local = availableSlots(spring)
      .filter(({ start }) => start >= at('2026-10-03T13:30Z'))
      .map(({ start }) => localMinute('Australia/Lord_Howe', start).minute / 60);
    expect(local).toEqual([0, 1, 3, 4, 5]);
  });

  test('Samoa skipped 30 December 2011', () => {
    const request = {
      ...day('2011-12-29', [host('Pacific/Apia', '9:00-10:00')]),
      to: at('2012-01-01T00:00Z'),
    };
    expect(availableSlots(request).map(({ start }) => new Date(start).toISOString())).toEqual([
      '2011-12-29T19:00:00.000Z',
      '2011-12-30T19:00:00.000Z',
      '2011-12-31T19:00:00.000Z',
    ]);
  });

  test('a renamed zone keeps working under its old name', () => {
    expect(starts(day('2026-12-01', [host('Asia/Calcutta', '9:00-10:00')]))).toEqual(['03:30']);
    expect(starts(day('2026-12-01', [host('Europe/Kiev', '9:00-10:00')]))).toEqual(['07:00']);
  });
});

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
      rules: rules as SlotRules,
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
          for (const shift of [-1, 1, 5 * MINUTE, 7 * MINUTE + 1])
            expect(slotAt(request, start + shift) !== undefined).toBe(listedStarts.has(start + shift));
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
            for (const { userId, blocked } of request.hosts.filter(({ userId }) => taken.includes(userId))) {
              const overlapped = blocked.filter(({ start, end }) => start < block.end && end > block.start);
              expect(overlapped, userId).toEqual([]);
              (blocked as Interval[]).push(block);
            }
          }
        },
      ),
      propertySize({ small: 40, whole: 5_000 }),
    );
  });
});
