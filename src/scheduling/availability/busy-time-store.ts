import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { CalendarVersion } from './calendar-reader.ts';
import type { Interval } from './interval.ts';

/** A calendar that is to be read now. */
export interface DueCalendar {
  workspaceId: Uuid;
  connectionId: Uuid;
  userId: Uuid;
  kind: string;
  /** The stored version; null if it must be read in any case. */
  known: CalendarVersion | null;
  contentHash: string | null;
  failures: number;
  /** The member's e-mail address, and the time zone of whole days. */
  email: string;
  timeZone: string;
}

/** Calendars of new connections, and of those that were given to another member. */
const ADD_NEW = {
  name: 'calendar_sync.add-new',
  text: `insert into calendar_sync (workspace_id, connection_id, user_id, next_at, failures)
         select workspace_id, id, (settings ->> 'user_id')::uuid, $2, 0 from connection
         where kind = any($1) and active
         on conflict (workspace_id, connection_id) do update
         set user_id = excluded.user_id, next_at = excluded.next_at, content_hash = null, etag = null, last_modified = null
         where calendar_sync.user_id <> excluded.user_id`,
};
/** What is stored is read again after a day: the range that counts has moved on. */
const DUE = {
  name: 'calendar_sync.due',
  text: `select c.workspace_id, c.connection_id, c.user_id, k.kind, c.etag, c.last_modified, c.content_hash, c.failures,
                u.email, coalesce(s.time_zone, w.time_zone) as time_zone,
                c.synced_at is not null and c.synced_at > k.updated_at and c.synced_at::date = $1::timestamptz::date as is_current
         from calendar_sync c
         join connection k on k.workspace_id = c.workspace_id and k.id = c.connection_id and k.active
         join member m on m.workspace_id = c.workspace_id and m.user_id = c.user_id
         join app_user u on u.id = c.user_id
         join workspace w on w.id = c.workspace_id
         left join schedule s on s.workspace_id = c.workspace_id and s.user_id = c.user_id and s.is_default
         where c.next_at <= $1 order by c.next_at limit $2`,
};
const LOCK = {
  name: 'calendar_sync.lock',
  text: `select from calendar_sync where workspace_id = $1 and connection_id = $2 for update`,
};
const DELETE_BUSY = {
  name: 'busy_time.delete',
  text: `delete from busy_time where workspace_id = $1 and connection_id = $2`,
};
const INSERT_BUSY = {
  name: 'busy_time.insert',
  text: `insert into busy_time (workspace_id, connection_id, user_id, starts_at, ends_at)
         select $1, $2, $3, * from unnest($4::timestamptz[], $5::timestamptz[])`,
};
const SET_SYNCED = {
  name: 'calendar_sync.set-synced',
  text: `update calendar_sync set synced_at = $3, next_at = $4, failures = 0, last_failure = $5, etag = $6,
                last_modified = $7, content_hash = $8
         where workspace_id = $1 and connection_id = $2`,
};
const SET_FAILED = {
  name: 'calendar_sync.set-failed',
  text: `update calendar_sync set next_at = $3, failures = failures + 1, last_failure = $4
         where workspace_id = $1 and connection_id = $2`,
};
/** As the log of what comes in does, so that Settings shows one state. */
const SET_CONNECTION = {
  name: 'connection.set-read-outcome',
  text: `update connection set failing = $3::text is not null, last_error = coalesce($3, last_error),
                last_error_at = case when $3 is null then last_error_at else $4::timestamptz end,
                last_event_at = case when $3 is null then $4::timestamptz else last_event_at end
         where workspace_id = $1 and id = $2`,
};

interface DueRow {
  workspace_id: Uuid;
  connection_id: Uuid;
  user_id: Uuid;
  kind: string;
  etag: string | null;
  last_modified: string | null;
  content_hash: string | null;
  failures: number;
  email: string;
  time_zone: string;
  is_current: boolean;
}

/** The times of a read, in milliseconds since 1970. */
export interface ReadTimes {
  now: number;
  nextAt: number;
}

/** The stored busy times of calendars, and when each is read again. */
export interface BusyTimeStore {
  addNew(kinds: readonly string[], now: number): Promise<void>;
  due(now: number, limit: number): Promise<DueCalendar[]>;
  /** @param busy null: unchanged. @param problem a code for what was left out */
  setSynced(
    calendar: DueCalendar,
    times: ReadTimes,
    read: {
      busy: Interval[] | null;
      problem: string | null;
      version: CalendarVersion;
      contentHash: string | null;
    },
  ): Promise<void>;
  setFailed(
    calendar: DueCalendar,
    times: ReadTimes,
    failure: { code: string; message: string },
  ): Promise<void>;
}

export function makeBusyTimeStore(db: Database): BusyTimeStore {
  return {
    async addNew(kinds, now) {
      await query(db.side, ADD_NEW, [kinds, isoTime(now)]);
    },

    async due(now, limit) {
      const rows = await query<DueRow>(db.side, DUE, [isoTime(now), limit]);
      return rows.map(({ etag, last_modified: lastModified, ...row }) => ({
        workspaceId: row.workspace_id,
        connectionId: row.connection_id,
        userId: row.user_id,
        kind: row.kind,
        known: row.is_current ? { etag, lastModified } : null,
        contentHash: row.content_hash,
        failures: row.failures,
        email: row.email,
        timeZone: row.time_zone,
      }));
    },

    setSynced: (
      { workspaceId, connectionId, userId },
      { now, nextAt },
      { busy, problem, version, contentHash },
    ) =>
      db.transaction(async (trx) => {
        const ids = [workspaceId, connectionId];
        // A connection may be deleted while its calendar is read.
        if ((await query(trx, LOCK, ids)).length === 0) return;
        if (busy) {
          await query(trx, DELETE_BUSY, ids);
          const starts = busy.map(({ start }) => isoTime(start));
          const ends = busy.map(({ end }) => isoTime(end));
          await query(trx, INSERT_BUSY, [...ids, userId, starts, ends]);
        }
        const { etag, lastModified } = version;
        const at = isoTime(now);
        await query(trx, SET_SYNCED, [...ids, at, isoTime(nextAt), problem, etag, lastModified, contentHash]);
        await query(trx, SET_CONNECTION, [...ids, null, at]);
      }),

    setFailed: ({ workspaceId, connectionId }, { now, nextAt }, { code, message }) =>
      db.transaction(async (trx) => {
        const ids = [workspaceId, connectionId];
        await query(trx, SET_FAILED, [...ids, isoTime(nextAt), code]);
        await query(trx, SET_CONNECTION, [...ids, message, isoTime(now)]);
      }),
  };
}
