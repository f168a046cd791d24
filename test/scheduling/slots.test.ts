import { describe, expect, test } from 'vitest';
import type { Interval } from '../../src/scheduling/availability/interval.ts';
import {
  availableSlots,
  type HostAvailability,
  type SlotRequest,
  type SlotRules,
} from '../../src/scheduling/availability/slots.ts';
import { localMinute } from './slot-oracle.ts';

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
    const anna = host('UTC', '0:00-24:00');
    expect(starts(day('2026-12-01', [anna], {}, 480))).toEqual(['00:00', '08:00', '16:00']);
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
