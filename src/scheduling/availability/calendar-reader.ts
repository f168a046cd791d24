import type { ConnectionValues } from '../../connections/connection-kind.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { Interval } from './interval.ts';

/** The version of a calendar, as its server names it. */
export interface CalendarVersion {
  etag: string | null;
  lastModified: string | null;
}

export interface CalendarRequest {
  /** Guarded as webhooks are. */
  http: HttpClient;
  values: ConnectionValues;
  /** The version that is stored; null: read it in any case. */
  known: CalendarVersion | null;
  /** What is needed of it; it may return more. */
  range: Interval;
}

/** How the calendars of a system are read. */
export interface CalendarReader {
  /** The kind of its connections. */
  kind: string;
  /**
   * Its iCalendar texts, or null if it has not changed. A response has at most `MAX_CALENDAR_BYTES`. Throws `CalendarError`
   * or `ConnectionError`.
   */
  read(request: CalendarRequest): Promise<{ version: CalendarVersion; texts: string[] } | null>;
}

export const MAX_CALENDAR_BYTES = 5 * 1024 * 1024;
/** For one response. */
export const CALENDAR_TIMEOUT_MS = 20_000;
