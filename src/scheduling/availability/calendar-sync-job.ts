import type { Clock } from '../../base/clock.ts';
import { sha256Text } from '../../base/hmac.ts';
import type { Logger } from '../../base/log.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { Database } from '../../db/pool.ts';
import type { RecurringJob } from '../../jobs/recurring-job.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { makeBusyTimeStore, type BusyTimeStore, type DueCalendar } from './busy-time-store.ts';
import { explainFailure, failureText } from './calendar-failure.ts';
import { parseCalendars } from './calendar-parser.ts';
import type { CalendarReader } from './calendar-reader.ts';
import { MAX_AHEAD_DAYS } from './slot-days.ts';
import { DAY_MS, dateText, MINUTE_MS } from './zone-rules.ts';

const EVERY_MS = 5 * MINUTE_MS;
/** After failures: 5, 10, 20, then every 40 minutes. */
const MAX_DOUBLINGS = 3;
const BATCH = 40;
/** Calendars that are read at once: most of the time of each is waiting. */
const PARALLEL = 4;

export interface CalendarSyncParts {
  db: Database;
  clock: Clock;
  log: Logger;
  connections: Connections;
  /** Guarded as webhooks are. */
  http: HttpClient;
  calendarReaders: readonly CalendarReader[];
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** Reads the calendars of members every five minutes, each in its own time and size limits. */
export function calendarSyncJob(parts: CalendarSyncParts): RecurringJob {
  const { db, clock, calendarReaders } = parts;
  const store = makeBusyTimeStore(db);
  return {
    name: 'scheduling.calendars',
    everyMs: MINUTE_MS,
    async run(signal) {
      await store.addNew(
        calendarReaders.map(({ kind }) => kind),
        clock.now(),
      );
      let count = 0;
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one batch after the other
        const due = await store.due(clock.now(), BATCH);
        if (due.length === 0 || signal.aborted) return count;
        const queue = [...due];
        const work = Array.from({ length: PARALLEL }, async () => {
          for (let next = queue.shift(); next && !signal.aborted; next = queue.shift())
            // oxlint-disable-next-line no-await-in-loop -- each worker reads one at a time
            await syncCalendar(parts, store, next);
        });
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all(work);
        count += due.length;
      }
    },
  };
}

async function syncCalendar(
  parts: CalendarSyncParts,
  store: BusyTimeStore,
  calendar: DueCalendar,
): Promise<void> {
  const { clock, log } = parts;
  try {
    const read = await readCalendar(parts, calendar);
    const now = clock.now();
    await store.setSynced(calendar, { now, nextAt: now + EVERY_MS }, read);
  } catch (error) {
    const now = clock.now();
    const failure = explainFailure(error) ?? { code: 'failed', message: failureText('failed') };
    const nextAt = now + EVERY_MS * 2 ** Math.min(calendar.failures, MAX_DOUBLINGS);
    // Never the URL: anyone who knows it can read the calendar.
    const { workspaceId, connectionId } = calendar;
    log.warn({ workspaceId, connectionId, failure: failure.code }, 'a calendar could not be read');
    if (failure.code === 'failed') log.error({ err: error, connectionId }, 'reading a calendar failed');
    await store.setFailed(calendar, { now, nextAt }, failure);
  }
}

async function readCalendar(
  { clock, connections, http, calendarReaders, baseUrl }: CalendarSyncParts,
  calendar: DueCalendar,
): Promise<Parameters<BusyTimeStore['setSynced']>[2]> {
  const { workspaceId, connectionId, known, contentHash } = calendar;
  const { settings, secrets } = await connections.open(workspaceId, connectionId);
  const reader = calendarReaders.find(({ kind }) => kind === calendar.kind)!;
  const now = clock.now();
  const range = { start: now - DAY_MS, end: now + (MAX_AHEAD_DAYS + 3) * DAY_MS };
  const found = await reader.read({ http, values: { settings, secrets: secrets[0]! }, known, range });
  if (!found) return { busy: null, problem: null, version: known!, contentHash };
  const { version, texts } = found;
  // With the day, since the range moves with it.
  const hash = sha256Text([dateText(now), calendar.timeZone, ...texts].join('\n'));
  if (hash === contentHash) return { busy: null, problem: null, version, contentHash };
  const { busy, problem } = await parseCalendars({
    texts,
    from: range.start,
    to: range.end,
    timeZone: calendar.timeZone,
    ownUidSuffix: `@${new URL(baseUrl()).hostname}`,
    ownAddresses: [calendar.email.toLowerCase()],
  });
  return { busy, problem, version, contentHash: hash };
}
