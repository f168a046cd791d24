import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import type { TimeOff, TimeOffChange } from './time-off.ts';

export interface TimeOffFilter {
  userId: Uuid | null;
  /** Only what ends after this time. */
  from: string | null;
  /** Only what starts before this time. */
  to: string | null;
}

export interface TimeOffStore {
  /** By id; only ids greater than `after`. */
  list(workspaceId: Uuid, filter: TimeOffFilter, limit: number, after: Uuid | null): Promise<TimeOff[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<TimeOff | undefined>;
  /** Throws `validation_error` where it ends before it starts. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: Pick<TimeOff, 'user_id' | 'starts_at' | 'ends_at' | 'reason'>,
    afterWrite: AfterWrite<TimeOff>,
  ): Promise<TimeOff>;
  /** Throws as `create`, and `not_found` or `precondition_failed`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: TimeOffChange,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<TimeOff>,
  ): Promise<TimeOff>;
  /** Throws `not_found` or `precondition_failed`. */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<TimeOff>,
  ): Promise<void>;
}

const COLUMNS = [
  'id',
  'version',
  'user_id',
  'starts_at',
  'ends_at',
  'reason',
  'created_by',
  'created_at',
  'updated_at',
];
const SELECTED = COLUMNS.map((column) => `t.${column}`).join(', ');

const LIST = {
  name: 'time_off.list',
  text: `select ${SELECTED} from time_off t
         where t.workspace_id = $1 and ($2::uuid is null or t.user_id = $2)
           and ($3::timestamptz is null or t.ends_at > $3) and ($4::timestamptz is null or t.starts_at < $4)
           and ($5::uuid is null or t.id > $5)
         order by t.id limit $6`,
};
const GET = {
  name: 'time_off.get',
  text: `select ${SELECTED} from time_off t where t.workspace_id = $1 and t.id = $2`,
};
const LOCK = { name: 'time_off.lock', text: `${GET.text} for update` };
const INSERT = {
  name: 'time_off.insert',
  text: `insert into time_off (workspace_id, ${COLUMNS.join(', ')})
         select $1, ${SELECTED} from json_populate_record(null::time_off, $2::json) t`,
};
const UPDATE = {
  name: 'time_off.update',
  text: `update time_off o set version = t.version, starts_at = t.starts_at, ends_at = t.ends_at, reason = t.reason,
                updated_at = t.updated_at
         from json_populate_record(null::time_off, $2::json) t
         where o.workspace_id = $1 and o.id = t.id`,
};
const DELETE = { name: 'time_off.delete', text: `delete from time_off where workspace_id = $1 and id = $2` };

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

export function makeTimeOffStore({ db, clock, newId }: StoreParts): TimeOffStore {
  return {
    list: (workspaceId, { userId, from, to }, limit, after) =>
      db.read<TimeOff>(LIST, [workspaceId, userId, from, to, after, limit]),
    get: async (workspaceId, id) => (await db.read<TimeOff>(GET, [workspaceId, id]))[0],

    create: ({ workspaceId, actor }, input, afterWrite) =>
      db.transaction(async (trx) => {
        checkOrder(input);
        const at = isoTime(clock.now());
        const created: TimeOff = {
          id: newId(),
          version: 1,
          ...input,
          created_by: actor,
          created_at: at,
          updated_at: at,
        };
        await query(trx, INSERT, [workspaceId, JSON.stringify(created)]);
        await afterWrite(trx, created);
        return created;
      }),

    update: (workspaceId, id, change, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockTimeOff(trx, workspaceId, id, expected);
        const next: TimeOff = { ...current, ...change };
        checkOrder(next);
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
        const current = await lockTimeOff(trx, workspaceId, id, expected);
        await query(trx, DELETE, [workspaceId, id]);
        await afterWrite(trx, current);
      }),
  };
}

function checkOrder({ starts_at, ends_at }: Pick<TimeOff, 'starts_at' | 'ends_at'>): void {
  if (Date.parse(ends_at) <= Date.parse(starts_at)) throw invalid('ends_at', 'must be after starts_at');
}

/** Throws `not_found` or `precondition_failed`. */
async function lockTimeOff(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<TimeOff> {
  const [current] = await query<TimeOff>(trx, LOCK, [workspaceId, id]);
  if (!current) throw new ApiError('not_found', 'There is no time off with this id.');
  if (!expected || expected.includes(current.version)) return current;
  throw new ApiError(
    'precondition_failed',
    `The time off is at version ${current.version}, not the one in If-Match.`,
  );
}
