import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { SealError, type Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../db/query.ts';
import { sql, type Sql } from '../db/sql.ts';
import { stateOf, type Connection, type OpenConnection } from './connection.ts';

/** Per workspace. */
const MAX_CONNECTIONS = 100;

type Secrets = Readonly<Record<string, string>>;

export interface NewConnection {
  kind: string;
  name: string;
  settings: Readonly<Record<string, unknown>>;
  secrets: Secrets;
}

export interface ConnectionChange {
  name?: string;
  active?: boolean;
  settings?: Readonly<Record<string, unknown>>;
  /** Replaces all secrets. */
  secrets?: Secrets;
  /** Until when the present secrets are also accepted; null: not at all. Ignored without `secrets`. */
  oldSecretsUntil?: string | null;
}

export interface Connections {
  /** Throws `conflict` if the workspace has the maximum. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: NewConnection,
    afterWrite: AfterWrite<Connection>,
  ): Promise<Connection>;
  /** Newest first; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Connection[]>;
  /** Throws `not_found`. */
  get(workspaceId: Uuid, id: Uuid): Promise<Connection>;
  /** Throws `not_found`, and `conflict` if its secrets were sealed with another key. */
  open(workspaceId: Uuid, id: Uuid): Promise<OpenConnection>;
  /**
   * The connection of an inbound URL, in any workspace.
   * @returns without `secrets` if they were sealed with another key
   */
  findInbound(kind: string, id: Uuid): Promise<OpenConnection | undefined>;
  /**
   * `change` is called with the locked connection, so that two changes at once do not undo each other; it may throw.
   * Throws `not_found`.
   */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: (current: OpenConnection) => ConnectionChange,
    afterWrite: AfterWrite<Connection>,
  ): Promise<Connection>;
  /** Deletes its log too. Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<Connection>): Promise<void>;
  /**
   * The connections that a member created, directly or through a key that acts for them; newest first, with their
   * total count.
   */
  madeBy(
    workspaceId: Uuid,
    makerId: Uuid,
    limit: number,
  ): Promise<{ count: number; connections: Connection[] }>;
  /** Deletes all connections that `madeBy` counts, with their logs. */
  removeMadeBy(trx: Transaction, workspaceId: Uuid, makerId: Uuid): Promise<Connection[]>;
}

interface Row {
  workspace_id: Uuid;
  id: Uuid;
  kind: string;
  name: string;
  settings: Record<string, unknown>;
  secrets: Buffer;
  old_secrets: Buffer | null;
  old_secrets_until: string | null;
  active: boolean;
  failing: boolean;
  last_event_at: string | null;
  last_error: string | null;
  last_error_at: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
}

const COLUMNS = `workspace_id, id, kind, name, settings, secrets, old_secrets, old_secrets_until, active, failing,
  last_event_at, last_error, last_error_at, created_by, created_at, updated_at`;
const LIST = {
  name: 'connection.list',
  text: `select ${COLUMNS} from connection
         where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
};
const GET = {
  name: 'connection.get',
  text: `select ${COLUMNS} from connection where workspace_id = $1 and id = $2`,
};
const LOCK = {
  name: 'connection.lock',
  text: `select ${COLUMNS} from connection where workspace_id = $1 and id = $2 for update`,
};
const DELETE = {
  name: 'connection.delete',
  text: `delete from connection where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
};
const LOCK_WORKSPACE = {
  name: 'connection.lock-workspace',
  text: 'select from workspace where id = $1 for update',
};
const INSERT = {
  name: 'connection.insert',
  text: `insert into connection (workspace_id, id, kind, name, settings, secrets, created_by, created_at, updated_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $8
         where (select count(*) from connection where workspace_id = $1) < ${MAX_CONNECTIONS}
         returning ${COLUMNS}`,
};
const MADE_BY = `workspace_id = $1 and (created_by = 'user:' || $2::uuid or exists (
  select from api_key k
  where k.workspace_id = connection.workspace_id and k.maker_id = $2 and connection.created_by = 'api_key:' || k.id))`;
const COUNT_MADE_BY = {
  name: 'connection.count-made-by',
  text: `select count(*) as count from connection where ${MADE_BY}`,
};
const LIST_MADE_BY = {
  name: 'connection.list-made-by',
  text: `select ${COLUMNS} from connection where ${MADE_BY} order by id desc limit $3`,
};
const DELETE_MADE_BY = {
  name: 'connection.delete-made-by',
  text: `delete from connection where ${MADE_BY} returning ${COLUMNS}`,
};
const FIND = {
  name: 'connection.find-inbound',
  text: `select ${COLUMNS} from connection where id = $1 and kind = $2`,
};

interface StoreParts {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
}

export function makeConnections(parts: StoreParts): Connections {
  const { db, clock } = parts;
  const rows = connectionRows(parts);

  async function find(workspaceId: Uuid, id: Uuid): Promise<Row> {
    const [row] = await db.read<Row>(GET, [workspaceId, id]);
    if (!row) throw notFound();
    return row;
  }

  return {
    create: (writer, input, afterWrite) =>
      db.transaction(async (trx) => {
        const connection = rows.show(await insert(trx, parts, rows, writer, input));
        await afterWrite(trx, connection);
        return connection;
      }),

    async list(workspaceId, limit, after) {
      return (await db.read<Row>(LIST, [workspaceId, after, limit])).map(rows.show);
    },

    get: async (workspaceId, id) => rows.show(await find(workspaceId, id)),
    open: async (workspaceId, id) => rows.open(await find(workspaceId, id)),

    async findInbound(kind, id) {
      const [row] = await db.read<Row>(FIND, [id, kind]);
      if (!row) return undefined;
      try {
        return rows.open(row);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { ...rows.show(row), secrets: [] };
      }
    },

    update: (workspaceId, id, change, afterWrite) =>
      db.transaction(async (trx) => {
        const [found] = await query<Row>(trx, LOCK, [workspaceId, id]);
        if (!found) throw notFound();
        const columns = rows.changed(found, change(rows.openForChange(found)), isoTime(clock.now()));
        const [written] = await query<Row>(
          trx,
          sql`update connection set ${columns} where workspace_id = ${workspaceId} and id = ${id}
              returning ${sql.raw(COLUMNS)}`,
        );
        const connection = rows.show(written!);
        await afterWrite(trx, connection);
        return connection;
      }),

    remove: (workspaceId, id, afterWrite) =>
      db.transaction(async (trx) => {
        const [removed] = await query<Row>(trx, DELETE, [workspaceId, id]);
        if (!removed) throw notFound();
        await afterWrite(trx, rows.show(removed));
      }),

    async madeBy(workspaceId, makerId, limit) {
      const [counted, listed] = await Promise.all([
        db.read<{ count: number }>(COUNT_MADE_BY, [workspaceId, makerId]),
        db.read<Row>(LIST_MADE_BY, [workspaceId, makerId, limit]),
      ]);
      return { count: counted[0]!.count, connections: listed.map(rows.show) };
    },

    async removeMadeBy(trx, workspaceId, makerId) {
      return (await query<Row>(trx, DELETE_MADE_BY, [workspaceId, makerId])).map(rows.show);
    },
  };
}

/** Converts between a connection and its row. */
function connectionRows({ sealer, clock }: Pick<StoreParts, 'sealer' | 'clock'>) {
  // The old secrets are a copy of this column.
  const sealedAt = (workspaceId: Uuid) => ({ workspaceId, table: 'connection', column: 'secrets' });
  const seal = (workspaceId: Uuid, secrets: Secrets) =>
    sealer.seal(sealedAt(workspaceId), JSON.stringify(secrets));

  function unseal(workspaceId: Uuid, sealed: Buffer): Secrets {
    try {
      return JSON.parse(sealer.open(sealedAt(workspaceId), sealed)) as Secrets;
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw new ApiError(
        'conflict',
        'The secrets of this connection were sealed with another FAIRLEAD_SECRET_KEY: set them again.',
      );
    }
  }

  function isAccepted({ old_secrets_until: until }: Row): boolean {
    return until !== null && Date.parse(until) > clock.now();
  }

  function show(row: Row): Connection {
    return {
      workspaceId: row.workspace_id,
      id: row.id,
      kind: row.kind,
      name: row.name,
      settings: row.settings,
      active: row.active,
      state: stateOf(row),
      oldSecretsUntil: isAccepted(row) ? row.old_secrets_until : null,
      lastEventAt: row.last_event_at,
      lastError: row.last_error,
      lastErrorAt: row.last_error_at,
      createdBy: row.created_by,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }

  function open(row: Row): OpenConnection {
    const { workspace_id: workspaceId, secrets, old_secrets: old } = row;
    const sealed = [secrets, ...(old && isAccepted(row) ? [old] : [])];
    return { ...show(row), secrets: sealed.map((item) => unseal(workspaceId, item)) };
  }

  return {
    seal,
    show,
    open,

    /** Without secrets that cannot be opened, so that new ones can be set. */
    openForChange(row: Row): OpenConnection {
      try {
        return open(row);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { ...show(row), secrets: [] };
      }
    },

    /** The assignments of a change. */
    changed(row: Row, change: ConnectionChange, at: string): Sql {
      const { name, active, settings, secrets, oldSecretsUntil = null } = change;
      const resets = active === true || settings !== undefined || secrets !== undefined;
      return sql.set({
        updated_at: at,
        name,
        active,
        settings: settings && JSON.stringify(settings),
        ...(secrets && {
          secrets: seal(row.workspace_id, secrets),
          old_secrets: oldSecretsUntil === null ? null : sql.ref('secrets'),
          old_secrets_until: oldSecretsUntil,
        }),
        // An earlier refusal says nothing about the new values.
        ...(resets && { failing: false, last_error: null, last_error_at: null }),
      });
    },
  };
}

async function insert(
  trx: Transaction,
  { clock, newId }: StoreParts,
  { seal }: ReturnType<typeof connectionRows>,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  { kind, name, settings, secrets }: NewConnection,
): Promise<Row> {
  const at = isoTime(clock.now());
  // Locked, so that two at once cannot exceed the limit.
  await query(trx, LOCK_WORKSPACE, [workspaceId]);
  const [row] = await query<Row>(trx, INSERT, [
    workspaceId,
    newId(),
    kind,
    name,
    JSON.stringify(settings),
    seal(workspaceId, secrets),
    actor,
    at,
  ]);
  if (!row)
    throw new ApiError(
      'conflict',
      `A workspace has at most ${MAX_CONNECTIONS} connections; delete one first.`,
    );
  return row;
}

function notFound(): ApiError {
  return new ApiError('not_found', 'No connection with this id.');
}
