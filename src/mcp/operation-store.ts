import type { Audit } from '../account/audit.ts';
import type { Caller } from '../account/caller.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';

/** One record that an operation wrote. Its values are in the timeline entries, where erasure finds them. */
export interface Step {
  object: string;
  id: Uuid;
  action: 'created' | 'updated' | 'deleted' | 'restored';
  /** The timeline entries of the write, which have the ids of its events. */
  entries: Uuid[];
}

interface Operation {
  id: Uuid;
  actor: string;
  tool: string;
  steps: Step[];
  created_at: string;
  undone_at: string | null;
  undone_by: string | null;
}

/** A timeline entry as undo reads it. */
export interface Entry {
  id: Uuid;
  type: string;
  actor: string;
  actor_name: string | null;
  /** Changed fields with their previous values. */
  changed: Record<string, unknown> | null;
  changed_to: Record<string, unknown> | null;
  occurred_at: string;
}

/** What tools did, so that it can be undone. */
export interface Operations {
  /** Stores an operation and its audit entry. One that exists already, from a retry, stays as it is. */
  record(caller: Caller, operation: { id: Uuid; tool: string; steps: readonly Step[] }): Promise<void>;
  find(workspaceId: Uuid, id: Uuid): Promise<Operation | undefined>;
  /** Marks an operation as undone, with an audit entry. */
  markUndone(caller: Caller, operation: Operation): Promise<void>;
  /**
   * The ids of the entries that a write of a caller added to the timeline of a record.
   * @param at the time of the write, ISO 8601; null for the last write
   */
  entriesOfWrite(caller: Caller, recordId: Uuid, at: string | null): Promise<Uuid[]>;
  /** The entries of a record from this one on, oldest first; at most 500. */
  entriesFrom(workspaceId: Uuid, recordId: Uuid, from: Uuid): Promise<Entry[]>;
}

const INSERT = {
  name: 'mcp-operation.insert',
  text: `insert into mcp_operation (workspace_id, id, actor, tool, steps, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id`,
};

const FIND = {
  name: 'mcp-operation.find',
  text: `select id, actor, tool, steps, created_at, undone_at, undone_by from mcp_operation
         where workspace_id = $1 and id = $2`,
};

const MARK_UNDONE = {
  name: 'mcp-operation.mark-undone',
  text: `update mcp_operation set undone_at = $3, undone_by = $4
         where workspace_id = $1 and id = $2 and undone_at is null returning id`,
};

const ENTRIES_OF_WRITE = {
  name: 'mcp-operation.entries-of-write',
  text: `select a.id from activity a
         where a.workspace_id = $1 and a.record_id = $2 and a.actor = $3 and a.occurred_at = coalesce($4, (
           select l.occurred_at from activity l
           where l.workspace_id = $1 and l.record_id = $2 and l.actor = $3 order by l.id desc limit 1))
         order by a.id`,
};

const ENTRIES_FROM = {
  name: 'mcp-operation.entries-from',
  text: `select a.id, a.type, a.actor, a.changed, a.changed_to, a.occurred_at,
           case when a.actor like 'user:%' then (select u.name from app_user u where u.id = split_part(a.actor, ':', 2)::uuid)
                when a.actor like 'api_key:%' then (select k.name from api_key k
                  where k.workspace_id = a.workspace_id and k.id = split_part(a.actor, ':', 2)::uuid) end as actor_name
         from activity a
         where a.workspace_id = $1 and a.record_id = $2 and a.id >= $3 order by a.id limit 500`,
};

/** Operations are kept as long as deleted records can be restored. */
const DROP_OLD = `delete from mcp_operation where (workspace_id, id) in (
  select workspace_id, id from mcp_operation where created_at < now() - interval '30 days' limit 1000)`;

export function makeOperations(db: Database, audit: Audit, clock: Clock): Operations {
  const now = () => isoTime(clock.now());
  const written = (steps: readonly Step[]) =>
    steps.slice(0, 50).map(({ object, id, action }) => `${action} ${object} ${id}`);
  return {
    async record(caller, { id, tool, steps }) {
      await db.transaction(async (trx) => {
        const { workspaceId, actor } = caller;
        const values = [workspaceId, id, actor, tool, JSON.stringify(steps), now()];
        const [made] = await query(trx, INSERT, values);
        if (!made) return;
        const details = { via: 'mcp', tool, records: steps.length, written: written(steps) };
        await audit.record(trx, caller, {
          action: 'operation.created',
          objectType: 'operation',
          objectId: id,
          details,
        });
      });
    },

    find: async (workspaceId, id) => (await db.read<Operation>(FIND, [workspaceId, id]))[0],

    async markUndone(caller, { id, tool }) {
      await db.transaction(async (trx) => {
        const values = [caller.workspaceId, id, now(), caller.actor];
        const [marked] = await query(trx, MARK_UNDONE, values);
        if (!marked) return;
        const details = { via: 'mcp', tool };
        await audit.record(trx, caller, {
          action: 'operation.undone',
          objectType: 'operation',
          objectId: id,
          details,
        });
      });
    },

    async entriesOfWrite({ workspaceId, actor }, recordId, at) {
      const rows = await db.read<{ id: Uuid }>(ENTRIES_OF_WRITE, [workspaceId, recordId, actor, at]);
      return rows.map(({ id }) => id);
    },

    entriesFrom: (workspaceId, recordId, from) => db.read<Entry>(ENTRIES_FROM, [workspaceId, recordId, from]),
  };
}

/** Deletes operations that can no longer be undone, in batches. @returns how many were deleted */
export async function dropOldOperations(db: Database): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { rowCount } = await db.pool.query(DROP_OLD);
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return dropped;
  }
}
