import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { caseless, folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import type { Option } from '../../record/fields/field.ts';

export const KINDS = ['open', 'won', 'lost'] as const;

const BUILT_IN = [
  { key: 'new', name: 'New', kind: 'open' },
  { key: 'contacted', name: 'Contacted', kind: 'open' },
  { key: 'quoted', name: 'Quoted', kind: 'open' },
  { key: 'won', name: 'Won', kind: 'won' },
  { key: 'lost', name: 'Lost', kind: 'lost' },
] as const;

const MAX_STATUSES = 50;

/** Whether a status of this key is always there. */
export function isBuiltIn(key: string): boolean {
  return BUILT_IN.some((item) => item.key === key);
}

/** How far a lead can have come. */
export interface LeadStatus {
  id: Uuid;
  /** What leads hold as their `status`; it stays when the name changes. */
  key: string;
  name: string;
  kind: (typeof KINDS)[number];
  /** Counts from 1. */
  position: number;
  /** Always there. */
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

type Within = (trx: Transaction<Schema>, status: LeadStatus) => Promise<void>;
interface Writer {
  workspaceId: Uuid;
  actor: string;
}

export interface LeadStatuses {
  /** All of a workspace, in their order; never fewer than the five that are always there. */
  listFor(workspaceId: Uuid): Promise<LeadStatus[]>;
  /** The same as options of a field. */
  options(workspaceId: Uuid): Promise<Option[]>;
  /** The key of the status that is called so, by key or name, whatever the case. Throws `validation_error`. */
  keyOf(workspaceId: Uuid, requested: string): Promise<string>;
  /** Keeps the one of this key from being taken away until the transaction ends. Throws `validation_error`. */
  hold(trx: Transaction<Schema>, workspaceId: Uuid, key: string): Promise<void>;
  /** Throws `conflict` where there is one of this name, or too many. */
  create(writer: Writer, requested: StatusChange & { name: string }, within: Within): Promise<LeadStatus>;
  /** Throws `not_found`, or `conflict` for the name of another or the kind of one that is always there. */
  change(writer: Writer, id: Uuid, requested: StatusChange, within: Within): Promise<LeadStatus>;
  /** Throws `not_found`, or `conflict` for one that is always there or that a lead has. */
  remove(writer: Writer, id: Uuid, within: Within): Promise<void>;
}

const COLUMNS = 'id, key, name, kind, position, is_built_in, created_by, created_at, updated_at';

const READ = {
  name: 'lead_status.of',
  text: `select ${COLUMNS} from lead_status where workspace_id = $1 order by position, id`,
};

export function makeLeadStatuses({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): LeadStatuses {
  async function listFor(workspaceId: Uuid): Promise<LeadStatus[]> {
    const existing = await db.read<LeadStatus>(READ, [workspaceId]);
    if (existing.length > 0) return existing;
    return db.transaction((trx) => held(trx, workspaceId));
  }

  /** All of them, locked: whoever changes their order or their number comes one after the other. */
  async function held(trx: Transaction<Schema>, workspaceId: Uuid): Promise<LeadStatus[]> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${workspaceId}, 51))`.execute(trx);
    const { rows } = await sql<LeadStatus>`
      select ${sql.raw(COLUMNS)} from lead_status where workspace_id = ${workspaceId} order by position, id`.execute(
      trx,
    );
    if (rows.length > 0) return rows;
    const first: LeadStatus[] = [];
    for (const [at, item] of BUILT_IN.entries())
      first.push(
        await insert(trx, { workspaceId, actor: 'system' }, item, { position: at + 1, builtIn: true }),
      );
    return first;
  }

  async function insert(
    trx: Transaction<Schema>,
    { workspaceId, actor }: Writer,
    { key, name, kind }: Pick<LeadStatus, 'key' | 'name' | 'kind'>,
    { position, builtIn }: { position: number; builtIn: boolean },
  ): Promise<LeadStatus> {
    const at = isoTime(clock.now());
    const { rows } = await sql<LeadStatus>`
      insert into lead_status
        (workspace_id, id, key, name, folded, kind, position, is_built_in, created_by, created_at, updated_at)
      values (${workspaceId}, ${newId()}, ${key}, ${name}, ${folded(name)}, ${kind}, ${position}, ${builtIn}, ${actor},
              ${at}, ${at})
      returning ${sql.raw(COLUMNS)}`.execute(trx);
    return rows[0]!;
  }

  /** Puts one at a place, the others around it as they were. */
  async function place(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    all: LeadStatus[],
    item: LeadStatus,
    position: number,
  ): Promise<LeadStatus> {
    const order = all.filter(({ id }) => id !== item.id);
    order.splice(position - 1, 0, item);
    await sql`
      update lead_status s set position = o.position
      from unnest(${order.map(({ id }) => id)}::uuid[]) with ordinality as o(id, position)
      where s.workspace_id = ${workspaceId} and s.id = o.id and s.position <> o.position`.execute(trx);
    return { ...item, position: order.indexOf(item) + 1 };
  }

  return {
    listFor,

    async options(workspaceId) {
      return (await listFor(workspaceId)).map(({ key, name }) => ({ value: key, label: name }));
    },

    async keyOf(workspaceId, requested) {
      const exact = caseless(requested.trim());
      if (isBuiltIn(exact)) return exact;
      const all = await listFor(workspaceId);
      const wanted = folded(exact);
      const found =
        all.find(({ key, name }) => key === exact || caseless(name) === exact) ??
        all.find(({ key, name }) => folded(key) === wanted || folded(name) === wanted);
      if (!found) throw invalid('status', `must be one of ${all.map(({ key }) => key).join(', ')}`);
      return found.key;
    },

    async hold(trx, workspaceId, key) {
      const { rows } = await sql`
        select from lead_status where workspace_id = ${workspaceId} and key = ${key} for key share`.execute(
        trx,
      );
      if (rows.length === 0) throw invalid('status', `${key} was taken away meanwhile`);
    },

    create: (writer, { name, kind = 'open', position }, within) =>
      taken(name, () =>
        db.transaction(async (trx) => {
          const { workspaceId } = writer;
          const all = await held(trx, workspaceId);
          if (all.length >= MAX_STATUSES)
            throw new ApiError('conflict', `A workspace has at most ${MAX_STATUSES} lead statuses.`);
          const key = caseless(name).replaceAll(/\s+/g, '_');
          const last = { position: all.length + 1, builtIn: false };
          const made = await insert(trx, writer, { key, name, kind }, last);
          const placed = await place(trx, workspaceId, [...all, made], made, position ?? last.position);
          await within(trx, placed);
          return placed;
        }),
      ),

    change: ({ workspaceId }, id, { name, kind, position }, within) =>
      taken(name ?? '', () =>
        db.transaction(async (trx) => {
          const all = await held(trx, workspaceId);
          const current = all.find((item) => item.id === id);
          if (!current) throw missing();
          if (current.is_built_in && kind !== undefined && kind !== current.kind)
            throw new ApiError('conflict', `${current.name} is always there, and always ${current.kind}.`);
          const next = { ...current, name: name ?? current.name, kind: kind ?? current.kind };
          const { rows } = await sql<LeadStatus>`
            update lead_status set name = ${next.name}, folded = case when name = ${next.name} then folded else ${folded(next.name)} end, kind = ${next.kind},
              updated_at = ${isoTime(clock.now())}
            where workspace_id = ${workspaceId} and id = ${id} returning ${sql.raw(COLUMNS)}`.execute(trx);
          const placed = await place(trx, workspaceId, all, rows[0]!, position ?? all.indexOf(current) + 1);
          await within(trx, placed);
          return placed;
        }),
      ),

    remove: ({ workspaceId }, id, within) =>
      db.transaction(async (trx) => {
        const all = await held(trx, workspaceId);
        const current = all.find((item) => item.id === id);
        if (!current) throw missing();
        if (current.is_built_in) throw new ApiError('conflict', `${current.name} is always there.`);
        // Whoever is giving it to a lead holds it: only then is known which leads have it.
        await sql`
          select from lead_status where workspace_id = ${workspaceId} and id = ${id} for update`.execute(trx);
        const { rows } = await sql`
          select from lead where workspace_id = ${workspaceId} and status = ${current.key} and deleted_at is null
          limit 1`.execute(trx);
        if (rows.length > 0)
          throw new ApiError(
            'conflict',
            `There are leads whose status is ${current.name}; change them first.`,
          );
        await sql`delete from lead_status where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
        await within(trx, current);
      }),
  };
}

async function taken<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isUniqueViolation(error)
      ? new ApiError('conflict', `There is a lead status called ${name} already.`)
      : error;
  }
}

function missing(): ApiError {
  return new ApiError('not_found', 'There is no lead status with this id.');
}
