import { CONNECTION_FAILURES, ConnectionError } from '../../net/connection-failure.ts';

/** Why a calendar could not be read, as a code that is stored and shown. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
  readonly code: string;

  constructor(code: keyof typeof CALENDAR_FAILURES) {
    super(CALENDAR_FAILURES[code]);
    this.code = code;
  }
}

/** Codes with what people read about them. */
const CALENDAR_FAILURES = {
  not_a_calendar: 'The answer is not an iCalendar file.',
  too_complex: 'The calendar takes too long to read.',
  too_large: 'The calendar is larger than 5 MB.',
  not_allowed: 'The server refused the user name and password, or the URL.',
  not_found: 'The server has no calendar at this URL.',
  no_calendar: 'The account has no calendar with events.',
  server_error: 'The server answered with an error.',
  too_many_redirects: 'The URL leads to others, or to a server that must not get the password.',
} as const;

/** What was left out of a calendar that was read. */
const LEFT_OUT = {
  too_many_occurrences: 'An event that repeats too often was left out.',
  unreadable_event: 'An event that could not be read was left out.',
} as const;

const UNKNOWN = 'The calendar could not be read.';

/** What people read about a stored code. */
export function failureText(code: string): string {
  const texts: Readonly<Record<string, string>> = {
    ...CONNECTION_FAILURES,
    ...CALENDAR_FAILURES,
    ...LEFT_OUT,
  };
  return texts[code] ?? UNKNOWN;
}

/** The error of a status that is neither 2xx nor 304. */
export function statusError(status: number): CalendarError {
  if (status === 401 || status === 403) return new CalendarError('not_allowed');
  if (status === 404 || status === 410) return new CalendarError('not_found');
  return new CalendarError(status >= 300 && status < 400 ? 'too_many_redirects' : 'server_error');
}

/** Code and sentence of an expected failure; null for another error. */
export function explainFailure(error: unknown): { code: string; message: string } | null {
  if (error instanceof CalendarError) return { code: error.code, message: error.message };
  if (!(error instanceof ConnectionError)) return null;
  if (error.message.includes('is longer than')) return explainFailure(new CalendarError('too_large'));
  return { code: error.failure, message: CONNECTION_FAILURES[error.failure] };
}
