import { Worker } from 'node:worker_threads';
import { CalendarError } from './calendar-failure.ts';
import type { Interval } from './interval.ts';

/** What a thread reads: whole calendars as text, and what of them counts. Times are milliseconds since 1970. */
export interface CalendarJob {
  texts: readonly string[];
  from: number;
  to: number;
  /** The zone of whole days, and of times without a zone. */
  timeZone: string;
  /** The end of the UIDs of our own appointments, which are not busy times; null: all count. */
  ownUidSuffix: string | null;
  /** Addresses of the member, in lower case: what they declined is not busy. */
  ownAddresses: readonly string[];
}

export type CalendarBusy =
  | {
      busy: [number, number][];
      /** What was left out of the busy times, as a code; null for nothing. */
      problem: string | null;
    }
  | { failure: 'not_a_calendar' };

/** A thread that runs out of memory ends alone, without the program. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };
const MAX_PARSE_MS = 15_000;

/** The busy times of calendars, merged. Throws `CalendarError`. */
export async function parseCalendars(
  job: CalendarJob,
  maxMs = MAX_PARSE_MS,
): Promise<{ busy: Interval[]; problem: string | null }> {
  const worker = new Worker(new URL('./calendar-worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: MEMORY,
    // Not the program's own flags: some are not allowed for threads.
    execArgv: [],
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const result = await new Promise<CalendarBusy>((resolve, reject) => {
      timer = setTimeout(() => reject(new CalendarError('too_complex')), maxMs);
      worker.once('message', resolve);
      worker.once('error', () => reject(new CalendarError('too_complex')));
      worker.once('exit', () => reject(new CalendarError('too_complex')));
    });
    if ('failure' in result) throw new CalendarError(result.failure);
    return { busy: result.busy.map(([start, end]) => ({ start, end })), problem: result.problem };
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
