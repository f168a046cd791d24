import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { explainFailure } from './calendar-failure.ts';
import { parseCalendars } from './calendar-parser.ts';
import type { CalendarReader } from './calendar-reader.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;

/** Reads the calendar of a connection once, and says what it found; nothing is stored. Never throws. */
export async function testCalendar(
  reader: CalendarReader,
  values: ConnectionValues,
  http: HttpClient,
): Promise<TestResult> {
  const now = Date.now();
  const range = { start: now, end: now + DAYS * DAY_MS };
  try {
    const read = await reader.read({ http, values, known: null, range });
    const { busy } = await parseCalendars({
      texts: read?.texts ?? [],
      from: range.start,
      to: range.end,
      timeZone: 'UTC',
      ownUidSuffix: null,
      ownAddresses: [],
    });
    const times = busy.length === 1 ? '1 busy time' : `${busy.length} busy times`;
    return { ok: true, message: `The calendar was read: ${times} in the next ${DAYS} days.` };
  } catch (error) {
    return { ok: false, message: explainFailure(error)?.message ?? 'The calendar could not be read.' };
  }
}
