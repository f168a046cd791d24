import { describe, expect, test } from 'vitest';
import { parseCalendars } from '../../src/scheduling/availability/calendar-parser.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const FROM = Date.parse('2026-12-01T00:00Z');

const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:one@example.com', ...lines, 'END:VEVENT'];

/** Busy times of a calendar as texts, `2026-12-01T09:00/10:00` within a day. */
async function busyTimes(text: string, more: object = {}) {
  const { busy, problem } = await parseCalendars({
    texts: [text],
    from: FROM,
    to: FROM + 30 * DAY,
    timeZone: 'Europe/Berlin',
    ownUidSuffix: '@crm.example.com',
    ownAddresses: ['anna@example.com'],
    ...more,
  });
  const iso = (time: number) => new Date(time).toISOString().slice(5, 16);
  return { problem, busy: busy.map(({ start, end }) => `${iso(start)}/${iso(end)}`) };
}

describe('BK4: busy times of a calendar', () => {
  test.each<[string, string[], string[]]>([
    [
      'an event in UTC',
      event('DTSTART:20261202T090000Z', 'DTEND:20261202T103000Z'),
      ['12-02T09:00/12-02T10:30'],
    ],
    [
      'an event of a duration',
      event('DTSTART:20261202T090000Z', 'DURATION:PT45M'),
      ['12-02T09:00/12-02T09:45'],
    ],
    [
      'an event in a zone',
      event('DTSTART;TZID=America/New_York:20261202T090000', 'DTEND;TZID=America/New_York:20261202T100000'),
      ['12-02T14:00/12-02T15:00'],
    ],
    [
      'a time without a zone is in that of the member',
      event('DTSTART:20261202T090000', 'DURATION:PT1H'),
      ['12-02T08:00/12-02T09:00'],
    ],
    [
      'a whole day is in that of the member',
      event('DTSTART;VALUE=DATE:20261202'),
      ['12-01T23:00/12-02T23:00'],
    ],
    [
      'several whole days',
      event('DTSTART;VALUE=DATE:20261202', 'DTEND;VALUE=DATE:20261204'),
      ['12-01T23:00/12-03T23:00'],
    ],
    ['a moment is not busy', event('DTSTART:20261202T090000Z'), []],
    ['what is free', event('DTSTART:20261202T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT'), []],
    [
      'what Outlook shows as free',
      event('DTSTART:20261202T090000Z', 'DURATION:PT1H', 'X-MICROSOFT-CDO-BUSYSTATUS:FREE'),
      [],
    ],
    ['what was cancelled', event('DTSTART:20261202T090000Z', 'DURATION:PT1H', 'STATUS:CANCELLED'), []],
    [
      'what the member declined',
      event(
        'DTSTART:20261202T090000Z',
        'DURATION:PT1H',
        'ATTENDEE;PARTSTAT=DECLINED:mailto:Anna@Example.com',
      ),
      [],
    ],
    [
      'what somebody else declined',
      event('DTSTART:20261202T090000Z', 'DURATION:PT1H', 'ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com'),
      ['12-02T09:00/12-02T10:00'],
    ],
    [
      'our own appointments',
      ['BEGIN:VEVENT', 'UID:0190@crm.example.com', 'DTSTART:20261202T090000Z', 'DURATION:PT1H', 'END:VEVENT'],
      [],
    ],
    [
      'a published free-busy time',
      [
        'BEGIN:VFREEBUSY',
        'FREEBUSY:20261202T090000Z/PT1H',
        'FREEBUSY;FBTYPE=FREE:20261203T090000Z/PT1H',
        'END:VFREEBUSY',
      ],
      ['12-02T09:00/12-02T10:00'],
    ],
  ])('%s', async (_what, lines, expected) => {
    expect(await busyTimes(calendar(...lines))).toEqual({ busy: expected, problem: null });
  });

  test('a rule is expanded in its own zone across a change of the clock, without its exceptions', async () => {
    const text = calendar(
      ...event(
        'DTSTART;TZID=Europe/Berlin:20260316T100000',
        'DTEND;TZID=Europe/Berlin:20260316T110000',
        'RRULE:FREQ=WEEKLY;COUNT=4',
        'EXDATE;TZID=Europe/Berlin:20260330T100000',
      ),
      // The fourth was moved.
      ...event(
        'RECURRENCE-ID;TZID=Europe/Berlin:20260406T100000',
        'DTSTART;TZID=Europe/Berlin:20260407T150000',
        'DTEND;TZID=Europe/Berlin:20260407T160000',
      ),
    );
    const from = Date.parse('2026-03-01T00:00Z');
    expect((await busyTimes(text, { from, to: from + 60 * DAY })).busy).toEqual([
      '03-16T09:00/03-16T10:00',
      '03-23T09:00/03-23T10:00',
      '04-07T13:00/04-07T14:00',
    ]);
  });

  test('a zone that only the calendar knows is taken from it', async () => {
    const zone = (kind: string, start: string, from: string, to: string, rule: string) => [
      `BEGIN:${kind}`,
      `DTSTART:${start}`,
      `TZOFFSETFROM:${from}`,
      `TZOFFSETTO:${to}`,
      `RRULE:${rule}`,
      `END:${kind}`,
    ];
    const text = calendar(
      'BEGIN:VTIMEZONE',
      'TZID:Pacific Standard Time',
      ...zone('STANDARD', '16010101T020000', '-0700', '-0800', 'FREQ=YEARLY;BYDAY=1SU;BYMONTH=11'),
      ...zone('DAYLIGHT', '16010101T020000', '-0800', '-0700', 'FREQ=YEARLY;BYDAY=2SU;BYMONTH=3'),
      'END:VTIMEZONE',
      ...event(
        'DTSTART;TZID=Pacific Standard Time:20261202T090000',
        'DTEND;TZID=Pacific Standard Time:20261202T100000',
      ),
    );
    expect(await busyTimes(text)).toEqual({ busy: ['12-02T17:00/12-02T18:00'], problem: null });
  });

  test('busy times are merged, and cut to the range', async () => {
    const text = calendar(
      ...event('DTSTART:20261130T220000Z', 'DTEND:20261201T020000Z'),
      ...event('DTSTART:20261201T010000Z', 'DTEND:20261201T030000Z'),
    );
    expect((await busyTimes(text)).busy).toEqual(['12-01T00:00/12-01T03:00']);
  });

  test('a rule of every minute is cut, and the other events count', async () => {
    const text = calendar(
      ...event('DTSTART:20100101T000000Z', 'DURATION:PT30S', 'RRULE:FREQ=MINUTELY'),
      ...event('DTSTART:20261202T090000Z', 'DURATION:PT1H'),
    );
    expect(await busyTimes(text)).toEqual({
      busy: ['12-02T09:00/12-02T10:00'],
      problem: 'too_many_occurrences',
    });
  });

  test('a broken event does not hide the others', async () => {
    const text = calendar(
      ...event('DTSTART:20261202T250000Zx', 'RRULE:FREQ=SOMETIMES'),
      ...event('DTSTART:20261202T090000Z', 'DURATION:PT1H'),
    );
    expect(await busyTimes(text)).toEqual({
      busy: ['12-02T09:00/12-02T10:00'],
      problem: 'unreadable_event',
    });
  });

  test.each([['<html>Sign in</html>'], [''], ['BEGIN:VCARD\r\nEND:VCARD\r\n'], ['BEGIN:VCALENDAR\r\n']])(
    'what is not a calendar is said to be none: %s',
    async (text) => {
      await expect(busyTimes(text)).rejects.toMatchObject({ code: 'not_a_calendar' });
    },
  );
});
