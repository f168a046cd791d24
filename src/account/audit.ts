import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';

/** The actor of a request or of the command line, and its workspace. */
export interface Actor {
  workspaceId: Uuid;
  /** `user:<id>`, `api_key:<id>`, `cli` or `system`. */
  actor: string;
}

/** An audit entry: the action (`webhook.created`), its object, and details. Never a secret. */
export interface AuditEntry {
  action: string;
  objectType: string;
  objectId: string;
  details?: Readonly<Record<string, unknown>>;
}

export interface AuditLine {
  id: Uuid;
  at: string;
  actor: { type: string; id: Uuid | null; name: string | null; is_agent?: true };
  action: string;
  object_type: string;
  object_id: string;
  details: Record<string, unknown> | null;
}

/** The audit log: changes of keys, webhooks, members and the workspace. Changes of records are in their timelines. */
export interface Audit {
  /**
   * Call it within the transaction of the change, so that there is never a change without an entry or an entry
   * without a change.
   */
  record(trx: Transaction, by: Actor, auditEntry: AuditEntry): Promise<void>;
  /** Newest first; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<AuditLine[]>;
}

interface Row extends Omit<AuditLine, 'actor'> {
  actor: string;
  actor_name: string | null;
  is_agent: boolean;
}

const LIST = {
  name: 'audit.list',
  text: `
select a.id, a.at, a.actor, a.action, a.object_type, a.object_id, a.details,
       case split_part(a.actor, ':', 1)
         when 'user' then (select u.name from app_user u where u.id = split_part(a.actor, ':', 2)::uuid)
         when 'api_key' then (select k.name from api_key k
           where k.workspace_id = a.workspace_id and k.id = split_part(a.actor, ':', 2)::uuid)
       end as actor_name,
       exists (select from api_key k where split_part(a.actor, ':', 1) = 'api_key' and k.workspace_id = a.workspace_id
         and k.id = (case when a.actor like 'api_key:%' then split_part(a.actor, ':', 2) end)::uuid
         and k.agent is not null) as is_agent
from audit a
where a.workspace_id = $1 and ($2::uuid is null or a.id < $2)
order by a.id desc limit $3`,
};

const INSERT = {
  name: 'audit.insert',
  text: `insert into audit (workspace_id, id, at, actor, action, object_type, object_id, details)
         values ($1, $2, $3, $4, $5, $6, $7,
                 $8)`,
};

export function makeAudit(db: Database, clock: Clock, newId: () => Uuid): Audit {
  return {
    async record(trx, { workspaceId, actor }, { action, objectType, objectId, details }) {
      await query(trx, INSERT, [
        workspaceId,
        newId(),
        isoTime(clock.now()),
        actor,
        action,
        objectType,
        objectId,
        details ? JSON.stringify(details) : null,
      ]);
    },

    async list(workspaceId, limit, after) {
      const rows = await db.read<Row>(LIST, [workspaceId, after, limit]);
      return rows.map(({ actor, actor_name: name, is_agent: isAgent, ...line }) => {
        const [type, id = null] = actor.split(':');
        return { ...line, actor: { type: type!, id, name, ...(isAgent && { is_agent: true as const }) } };
      });
    },
  };
}
