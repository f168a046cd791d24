import { isoTime, type Clock } from '../../../base/clock.ts';
import { ApiError, invalid } from '../../../base/errors.ts';
import { caseless, folded } from '../../../base/fold.ts';
import type { Uuid } from '../../../base/id.ts';
import { isUniqueViolation } from '../../../db/failure.ts';
import type { Database } from '../../../db/pool.ts';
import { query, type Transaction, type AfterWrite } from '../../../db/query.ts';
import type { Option } from '../../../record/fields/field.ts';

export const KINDS = ['open', 'won', 'lost'] as const;

const BUILT_IN = [
  { key: 'new', name: 'New', kind: 'open' },
  { key: 'contacted', name: 'Contacted', kind: 'open' },
  { key: 'quoted', name: 'Quoted', kind: 'open' },
  { key: 'won', name: 'Won', kind: 'won' },
  { key: 'lost', name: 'Lost', kind: 'lost' },
] as const;

const MAX_STATUSES = 50;

const COLUMNS = 'id, key, name, kind, position, is_built_in, created_by, created_at, updated_at';

const LOCK_KEY = {
  name: 'lead_status.lock-key',
  text: `select from lead_status where workspace_id = $1 and key = $2 for key share`,
};

const LOCK_WORKSPACE = {
  name: 'lead_status.lock-workspace',
  text: `select pg_advisory_xact_lock(hashtextextended($1, 51))`,
};

const READ_LOCKED = {
  name: 'lead_status.read-locked',
  text: `select ${COLUMNS} from lead_status where workspace_id = $1 order by position, id`,
};

const INSERT = {
  name: 'lead_status.insert',
  text: `insert into lead_status
           (workspace_id, id, key, name, folded, kind, position, is_built_in, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8,
                 $9, $10, $10)
         returning ${COLUMNS}`,
};

const UPDATE = {
  name: 'lead_status.update',
  text: `update lead_status set name = $1, kind = $2, updated_at = $3,
           folded = case when name = $1 then folded else $4 end
         where workspace_id = $5 and id = $6 returning ${COLUMNS}`,
};

const REORDER = {
  name: 'lead_status.reorder',
  text: `update lead_status s set position = o.position
         from unnest($1::uuid[]) with ordinality as o(id, position)
         where s.workspace_id = $2 and s.id = o.id and s.position <> o.position`,
};

const LOCK = {
  name: 'lead_status.lock',
  text: `select from lead_status where workspace_id = $1 and id = $2 for update`,
};

const FIND_LEAD = {
  name: 'lead_status.find-lead',
  text: `select from lead where workspace_id = $1 and status = $2 and deleted_at is null
         limit 1`,
};

/** Converted leads then get the default status again. */
const CLEAR_CONVERTED = {
  name: 'lead_status.clear-converted',
  text: `update lead_counter set converted_status = null where workspace_id = $1 and converted_status = $2`,
};

const DELETE = {
  name: 'lead_status.delete',
  text: `delete from lead_status where workspace_id = $1 and id = $2`,
};

/** Whether the status with this key is built in. */
export function isBuiltIn(key: string): boolean {
  return BUILT_IN.some((item) => item.key === key);
}

/** A status that leads can have. */
export interface LeadStatus {
  id: Uuid;
  /** The value of the `status` field of leads; it stays when the name changes. */
  key: string;
  name: string;
  kind: (typeof KINDS)[number];
  /** From 1. */
  position: number;
  is_built_in: boolean;
  created_by: string;
  created_at: string;
  updated_at: string;
}

export interface StatusChange {
  name?: string | undefined;
  kind?: LeadStatus['kind'] | undefined;
  position?: number | undefined;
}

interface Writer {
  workspaceId: Uuid;
  actor: string;
}

export interface LeadStatuses {
  /** All statuses of a workspace, in order; at least the five built-in ones. */
  listFor(workspaceId: Uuid): Promise<LeadStatus[]>;
  /** The same as options of a field. */
  options(workspaceId: Uuid): Promise<Option[]>;
  /** The key of the status with this key or name, ignoring case. Throws `validation_error` for `field`. */
  keyOf(workspaceId: Uuid, requested: string, field?: string): Promise<string>;
  /** Keeps this status from being deleted until the transaction ends. Throws `validation_error`. */
  lock(trx: Transaction, workspaceId: Uuid, key: string): Promise<void>;
  /** Throws `conflict` if the name is taken, or the workspace has the maximum number of statuses. */
  create(
    writer: Writer,
    requested: StatusChange & { name: string },
    afterWrite: AfterWrite<LeadStatus>,
  ): Promise<LeadStatus>;
  /** Throws `not_found`, or `conflict` if the name is taken or the kind of a built-in status would change. */
  change(
    writer: Writer,
    id: Uuid,
    requested: StatusChange,
    afterWrite: AfterWrite<LeadStatus>,
  ): Promise<LeadStatus>;
  /** Throws `not_found`, or `conflict` for a built-in status or one that a lead has. */
  remove(writer: Writer, id: Uuid, afterWrite: AfterWrite<LeadStatus>): Promise<void>;
}

const READ = {
  name: 'lead_status.of',
  text: `select ${COLUMNS} from lead_status where workspace_id = $1 order by position, id`,
};

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

export function makeLeadStatuses(parts: StoreParts): LeadStatuses {
  const { db } = parts;

  async function listFor(workspaceId: Uuid): Promise<LeadStatus[]> {
    const existing = await db.read<LeadStatus>(READ, [workspaceId]);
    if (existing.length > 0) return existing;
    return db.transaction((trx) => lockAll(parts, trx, workspaceId));
  }

  return {
    listFor,

    async options(workspaceId) {
      return (await listFor(workspaceId)).map(({ key, name }) => ({ value: key, label: name }));
    },

    keyOf: async (workspaceId, requested, field = 'status') =>
      isBuiltIn(caseless(requested.trim()))
        ? caseless(requested.trim())
        : matchingKey(await listFor(workspaceId), requested, field),

    async lock(trx, workspaceId, key) {
      const rows = await query(trx, LOCK_KEY, [workspaceId, key]);
      if (rows.length === 0) throw invalid('status', `${key} was deleted meanwhile`);
    },

    create: (writer, requested, afterWrite) =>
      checkingName(requested.name, () =>
        db.transaction(async (trx) => {
          const created = await create(parts, trx, writer, requested);
          await afterWrite(trx, created);
          return created;
        }),
      ),

    change: ({ workspaceId }, id, requested, afterWrite) =>
      checkingName(requested.name ?? '', () =>
        db.transaction(async (trx) => {
          const all = await lockAll(parts, trx, workspaceId);
          const changed = await change(parts, trx, { workspaceId, id, all, requested });
          await afterWrite(trx, changed);
          return changed;
        }),
      ),

    remove: ({ workspaceId }, id, afterWrite) =>
      db.transaction(async (trx) => {
        const all = await lockAll(parts, trx, workspaceId);
        const current = all.find((item) => item.id === id);
        if (!current) throw notFound();
        await remove(trx, workspaceId, current);
        await afterWrite(trx, current);
      }),
  };
}

/** Exactly, ignoring case; else ignoring accents and apostrophes too. Throws `validation_error`. */
function matchingKey(all: readonly LeadStatus[], requested: string, field: string): string {
  const exact = caseless(requested.trim());
  const foldedText = folded(exact);
  const found =
    all.find(({ key, name }) => key === exact || caseless(name) === exact) ??
    all.find(({ key, name }) => folded(key) === foldedText || folded(name) === foldedText);
  if (!found) throw invalid(field, `must be one of ${all.map(({ key }) => key).join(', ')}`);
  return found.key;
}

/** All statuses, locked: changes of their order or number run one at a time. Creates the built-in ones if missing. */
async function lockAll(parts: StoreParts, trx: Transaction, workspaceId: Uuid): Promise<LeadStatus[]> {
  await query(trx, LOCK_WORKSPACE, [workspaceId]);
  const rows = await query<LeadStatus>(trx, READ_LOCKED, [workspaceId]);
  if (rows.length > 0) return rows;
  const writer = { workspaceId, actor: 'system' };
  const builtIn: LeadStatus[] = [];
  for (const [at, item] of BUILT_IN.entries())
    builtIn.push(await insert(parts, trx, writer, { ...item, position: at + 1, isBuiltIn: true }));
  return builtIn;
}

async function insert(
  { clock, newId }: StoreParts,
  trx: Transaction,
  { workspaceId, actor }: Writer,
  status: Pick<LeadStatus, 'key' | 'name' | 'kind' | 'position'> & { isBuiltIn: boolean },
): Promise<LeadStatus> {
  const { key, name, kind, position } = status;
  const at = isoTime(clock.now());
  const rows = await query<LeadStatus>(trx, INSERT, [
    workspaceId,
    newId(),
    key,
    name,
    folded(name),
    kind,
    position,
    status.isBuiltIn,
    actor,
    at,
  ]);
  return rows[0]!;
}

async function create(
  parts: StoreParts,
  trx: Transaction,
  writer: Writer,
  { name, kind = 'open', position }: StatusChange & { name: string },
): Promise<LeadStatus> {
  const { workspaceId } = writer;
  const all = await lockAll(parts, trx, workspaceId);
  if (all.length >= MAX_STATUSES)
    throw new ApiError('conflict', `A workspace has at most ${MAX_STATUSES} lead statuses.`);
  const last = all.length + 1;
  const key = caseless(name).replaceAll(/\s+/g, '_');
  const created = await insert(parts, trx, writer, { key, name, kind, position: last, isBuiltIn: false });
  return moveTo(trx, workspaceId, [...all, created], created, position ?? last);
}

async function change(
  { clock }: StoreParts,
  trx: Transaction,
  target: { workspaceId: Uuid; id: Uuid; all: LeadStatus[]; requested: StatusChange },
): Promise<LeadStatus> {
  const { workspaceId, id, all, requested } = target;
  const current = all.find((item) => item.id === id);
  if (!current) throw notFound();
  const { name = current.name, kind = current.kind, position = all.indexOf(current) + 1 } = requested;
  if (current.is_built_in && kind !== current.kind)
    throw new ApiError('conflict', `${current.name} is built in: its kind is always ${current.kind}.`);
  const rows = await query<LeadStatus>(trx, UPDATE, [
    name,
    kind,
    isoTime(clock.now()),
    folded(name),
    workspaceId,
    id,
  ]);
  return moveTo(trx, workspaceId, all, rows[0]!, position);
}

/** Moves a status to a position; the others keep their order. */
async function moveTo(
  trx: Transaction,
  workspaceId: Uuid,
  all: LeadStatus[],
  item: LeadStatus,
  position: number,
): Promise<LeadStatus> {
  const order = all.filter(({ id }) => id !== item.id);
  order.splice(position - 1, 0, item);
  await query(trx, REORDER, [order.map(({ id }) => id), workspaceId]);
  return { ...item, position: order.indexOf(item) + 1 };
}

async function remove(trx: Transaction, workspaceId: Uuid, status: LeadStatus): Promise<void> {
  if (status.is_built_in) throw new ApiError('conflict', `${status.name} is built in and cannot be deleted.`);
  // A write that gives this status to a lead holds a lock on it (`lock`): after this lock, all its leads are visible.
  await query(trx, LOCK, [workspaceId, status.id]);
  const rows = await query(trx, FIND_LEAD, [workspaceId, status.key]);
  if (rows.length > 0)
    throw new ApiError('conflict', `There are leads whose status is ${status.name}; change them first.`);
  await query(trx, CLEAR_CONVERTED, [workspaceId, status.key]);
  await query(trx, DELETE, [workspaceId, status.id]);
}

async function checkingName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isUniqueViolation(error)
      ? new ApiError('conflict', `There is a lead status called ${name} already.`)
      : error;
  }
}

function notFound(): ApiError {
  return new ApiError('not_found', 'There is no lead status with this id.');
}
