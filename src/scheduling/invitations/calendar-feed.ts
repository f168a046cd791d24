import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite } from '../../db/query.ts';
import { calendarEventOf } from './appointment-mail.ts';
import { publishedCalendar, type CalendarEvent } from './calendar-event.ts';
import { INVITATION_COLUMNS, peopleOf, type InvitationRow } from './mailed-appointment.ts';

/** A member's calendar by a secret URL. */
export interface CalendarFeed {
  id: Uuid;
  user_id: Uuid;
  busy_only: boolean;
  created_by: string;
  created_at: string;
  last_read_at: string | null;
}

/** Feeds of members' appointments. The token of a feed is shown once; only its hash is stored. */
export interface CalendarFeeds {
  /** Throws `validation_error` if the user is not a member. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    feed: Pick<CalendarFeed, 'user_id' | 'busy_only'>,
    after: AfterWrite<CalendarFeed & { token: string }>,
  ): Promise<CalendarFeed & { token: string }>;
  list(workspaceId: Uuid): Promise<CalendarFeed[]>;
  /** Its URL stops working at once. Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, after: AfterWrite<CalendarFeed>): Promise<void>;
  /** The calendar of a token; undefined if it was revoked, or if its member has left. */
  read(token: string): Promise<string | undefined>;
}

const COLUMNS = 'id, user_id, busy_only, created_by, created_at, last_read_at';
const TOKEN = /^[\w-]{43}$/;

const INSERT = {
  name: 'calendar_feed.insert',
  text: `insert into calendar_feed (workspace_id, id, user_id, hash, busy_only, created_by, created_at)
         select m.workspace_id, $2, m.user_id, $4, $5, $6, $7 from member m where m.workspace_id = $1 and m.user_id = $3
         returning ${COLUMNS}`,
};
const LIST = {
  name: 'calendar_feed.list',
  text: `select ${COLUMNS} from calendar_feed where workspace_id = $1 order by id`,
};
const DELETE = {
  name: 'calendar_feed.delete',
  text: `delete from calendar_feed where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
};
const FIND = {
  name: 'calendar_feed.find',
  text: `select f.workspace_id, f.id, f.user_id, f.busy_only, f.last_read_at, w.name as workspace
         from calendar_feed f
         join member m on m.workspace_id = f.workspace_id and m.user_id = f.user_id
         join workspace w on w.id = f.workspace_id
         where f.hash = $1`,
};
const READ_MARK = {
  name: 'calendar_feed.mark-read',
  text: `update calendar_feed set last_read_at = $3 where workspace_id = $1 and id = $2
           and (last_read_at is null or last_read_at < $3::timestamptz - interval '1 minute')`,
};
/** From a month ago to a year ahead. */
const EVENTS = {
  name: 'calendar_feed.appointments',
  text: `select ${INVITATION_COLUMNS} from appointment a
         where a.workspace_id = $1 and (a.host_id = $2 or $2 = any(a.co_host_ids)) and a.status in ('pending', 'booked', 'completed', 'no_show')
           and a.deleted_at is null
           and a.starts_at > $3::timestamptz - interval '30 days' and a.starts_at < $3::timestamptz + interval '365 days'
         order by a.starts_at, a.id limit 5000`,
};

interface FoundFeed {
  workspace_id: Uuid;
  id: Uuid;
  user_id: Uuid;
  busy_only: boolean;
  workspace: string;
}

export interface CalendarFeedParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  baseUrl(): string;
}

export function makeCalendarFeeds({ db, clock, newId, baseUrl }: CalendarFeedParts): CalendarFeeds {
  const hashOf = (token: string) => sha256('calendar feed', '\n', token);

  return {
    async create({ workspaceId, actor }, { user_id: userId, busy_only: busyOnly }, after) {
      const token = randomBytes(32).toString('base64url');
      return db.transaction(async (trx) => {
        const values = [workspaceId, newId(), userId, hashOf(token), busyOnly, actor, isoTime(clock.now())];
        const [feed] = await query<CalendarFeed>(trx, INSERT, values);
        if (!feed)
          throw new ApiError('validation_error', 'user_id: there is no member with this id', {
            fields: [{ field: 'user_id', message: 'there is no member with this id' }],
          });
        const made = { ...feed, token };
        await after(trx, made);
        return made;
      });
    },

    list: (workspaceId) => db.read<CalendarFeed>(LIST, [workspaceId]),

    async remove(workspaceId, id, after) {
      await db.transaction(async (trx) => {
        const [feed] = await query<CalendarFeed>(trx, DELETE, [workspaceId, id]);
        if (!feed) throw new ApiError('not_found', 'There is no calendar feed with this id.');
        await after(trx, feed);
      });
    },

    async read(token) {
      if (!TOKEN.test(token)) return undefined;
      const [feed] = await db.read<FoundFeed>(FIND, [hashOf(token)]);
      if (!feed) return undefined;
      const now = isoTime(clock.now());
      const rows = await db.read<InvitationRow>(EVENTS, [feed.workspace_id, feed.user_id, now]);
      await db.read(READ_MARK, [feed.workspace_id, feed.id, now]);
      return publishedCalendar(
        feed.workspace,
        rows.map((row) =>
          feed.busy_only ? busyEvent(row) : feedEvent(row, `${baseUrl()}/appointments/${row.id}`),
        ),
      );
    },
  };
}

function feedEvent(row: InvitationRow, url: string): CalendarEvent {
  const people = peopleOf(row);
  const { guest } = people;
  const described = [
    ...(guest ? [`With: ${guest.name === null ? guest.address : `${guest.name} <${guest.address}>`}`] : []),
    ...(row.description === null ? [] : [row.description]),
  ];
  return calendarEventOf(
    {
      ...row,
      ...people,
      uid: row.ical_uid,
      organizer: null,
      description: described.length === 0 ? null : described.join('\n\n'),
    },
    { as: row.status === 'pending' ? 'requested' : 'confirmed', attendees: [], url },
  );
}

/** Only that the member is busy. */
function busyEvent(row: InvitationRow): CalendarEvent {
  const event = feedEvent(row, '');
  return { ...event, title: 'Busy', description: null, location: null, url: null };
}
