import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Queryable, type Transaction } from '../../db/query.ts';
import type { Schedule, WorkingHours } from './schedule.ts';

export type ScheduleChange = Partial<Pick<Schedule, 'name' | 'is_default' | keyof WorkingHours>>;

export interface NewSchedule extends Pick<Schedule, 'user_id' | 'name' | keyof WorkingHours> {
  /** Undefined: the first of a member is the default. */
  is_default: boolean | undefined;
}

export interface ScheduleStore {
  /** Oldest first; `userId` null: of all members. Only ids greater than `after`. */
  list(workspaceId: Uuid, userId: Uuid | null, limit: number, after: Uuid | null): Promise<Schedule[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<Schedule | undefined>;
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: NewSchedule,
    afterWrite: AfterWrite<Schedule>,
  ): Promise<Schedule>;
  /** Throws `not_found`, `precondition_failed`, and `conflict` where the only default would stop being one. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: ScheduleChange,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Schedule>,
  ): Promise<Schedule>;
  /**
   * Deletes a schedule; the oldest of the rest becomes the default where it was. Throws `not_found`, `precondition_failed`
   * and `conflict` if a booking page names it.
   */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Schedule>,
  ): Promise<void>;
}

const COLUMNS = [
  'id',
  'version',
  'user_id',
  'name',
  'time_zone',
  'is_default',
  'rules',
  'overrides',
  'created_by',
  'created_at',
  'updated_at',
];
const SELECTED = COLUMNS.map((column) => `s.${column}`).join(', ');

const LIST = {
  name: 'schedule.list',
  text: `select ${SELECTED} from schedule s
         where s.workspace_id = $1 and ($2::uuid is null or s.user_id = $2) and ($3::uuid is null or s.id > $3)
         order by s.id limit $4`,
};
const GET = {
  name: 'schedule.get',
  text: `select ${SELECTED} from schedule s where s.workspace_id = $1 and s.id = $2`,
};
/** Schedules of a member are changed one at a time: the row of the member is there even without a schedule. */
const LOCK_MEMBER = {
  name: 'schedule.lock-member',
  text: `select from member where workspace_id = $1 and user_id = $2 for no key update`,
};
const FIND_DEFAULT = {
  name: 'schedule.find-default',
  text: `select id from schedule where workspace_id = $1 and user_id = $2 and is_default`,
};
const CLEAR_DEFAULT = {
  name: 'schedule.clear-default',
  text: `update schedule set is_default = false, version = version + 1
         where workspace_id = $1 and user_id = $2 and is_default`,
};
const INSERT = {
  name: 'schedule.insert',
  text: `insert into schedule (workspace_id, ${COLUMNS.join(', ')})
         select $1, ${SELECTED} from json_populate_record(null::schedule, $2::json) s`,
};
const UPDATE = {
  name: 'schedule.update',
  text: `update schedule t set version = s.version, name = s.name, time_zone = s.time_zone, is_default = s.is_default,
                rules = s.rules, overrides = s.overrides, updated_at = s.updated_at
         from json_populate_record(null::schedule, $2::json) s
         where t.workspace_id = $1 and t.id = s.id`,
};
const DELETE = { name: 'schedule.delete', text: `delete from schedule where workspace_id = $1 and id = $2` };
const SET_OLDEST_DEFAULT = {
  name: 'schedule.set-oldest-default',
  text: `update schedule set is_default = true, version = version + 1
         where workspace_id = $1 and id = (select min(id::text)::uuid from schedule where workspace_id = $1 and user_id = $2)`,
};
const FIND_PAGE = {
  name: 'schedule.find-page',
  text: `select p.title from booking_page_host h
         join booking_page p on p.workspace_id = h.workspace_id and p.id = h.page_id
         where h.workspace_id = $1 and h.schedule_id = $2 limit 1`,
};

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

export function makeScheduleStore({ db, clock, newId }: StoreParts): ScheduleStore {
  return {
    list: (workspaceId, userId, limit, after) => db.read<Schedule>(LIST, [workspaceId, userId, after, limit]),
    get: async (workspaceId, id) => (await db.read<Schedule>(GET, [workspaceId, id]))[0],

    create: ({ workspaceId, actor }, { is_default: wantsDefault, ...input }, afterWrite) =>
      db.transaction(async (trx) => {
        await query(trx, LOCK_MEMBER, [workspaceId, input.user_id]);
        const [current] = await query(trx, FIND_DEFAULT, [workspaceId, input.user_id]);
        const isDefault = !current || wantsDefault === true;
        if (current && isDefault) await query(trx, CLEAR_DEFAULT, [workspaceId, input.user_id]);
        const at = isoTime(clock.now());
        const stamps = { created_by: actor, created_at: at, updated_at: at };
        const schedule: Schedule = { id: newId(), version: 1, ...input, is_default: isDefault, ...stamps };
        await query(trx, INSERT, [workspaceId, JSON.stringify(schedule)]);
        await afterWrite(trx, schedule);
        return schedule;
      }),

    update: (workspaceId, id, change, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockSchedule(trx, workspaceId, id, expected);
        if (change.is_default === false && current.is_default)
          throw new ApiError('conflict', 'Make another schedule of the member the default one instead.');
        if (change.is_default === true && !current.is_default)
          await query(trx, CLEAR_DEFAULT, [workspaceId, current.user_id]);
        const next: Schedule = { ...current, ...change };
        if (JSON.stringify(next) !== JSON.stringify(current)) {
          next.version += 1;
          next.updated_at = isoTime(clock.now());
          await query(trx, UPDATE, [workspaceId, JSON.stringify(next)]);
        }
        await afterWrite(trx, next);
        return next;
      }),

    remove: (workspaceId, id, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const schedule = await lockSchedule(trx, workspaceId, id, expected);
        const [page] = await query<{ title: string }>(trx, FIND_PAGE, [workspaceId, id]);
        if (page)
          throw new ApiError(
            'conflict',
            `The booking page ${JSON.stringify(page.title)} uses this schedule.`,
          );
        await query(trx, DELETE, [workspaceId, id]);
        if (schedule.is_default) await query(trx, SET_OLDEST_DEFAULT, [workspaceId, schedule.user_id]);
        await afterWrite(trx, schedule);
      }),
  };
}

async function getSchedule(on: Queryable, workspaceId: Uuid, id: Uuid): Promise<Schedule | undefined> {
  return (await query<Schedule>(on, GET, [workspaceId, id]))[0];
}

/** Throws `not_found` or `precondition_failed`. */
async function lockSchedule(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<Schedule> {
  const found = await getSchedule(trx, workspaceId, id);
  if (found) await query(trx, LOCK_MEMBER, [workspaceId, found.user_id]);
  const schedule = found && (await getSchedule(trx, workspaceId, id));
  if (!schedule) throw new ApiError('not_found', 'There is no schedule with this id.');
  if (!expected || expected.includes(schedule.version)) return schedule;
  throw new ApiError(
    'precondition_failed',
    `The schedule is at version ${schedule.version}, not the one in If-Match.`,
  );
}
