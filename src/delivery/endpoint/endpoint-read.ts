import { sql } from 'kysely';
import type { Uuid } from '../../base/id.ts';
import { retried, type Database } from '../../db/pool.ts';
import { EXTRA_COLUMNS, type EndpointRows } from './endpoint-row.ts';
import type { Endpoint } from './endpoint.ts';

/** Webhooks as they are read from the store. */
export interface EndpointReads {
  get(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Returns deleted ones too. */
  getAny(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Newest first, after the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Endpoint[]>;
  /** Those that a member created, personally or through a key that acts for them; newest first, and how many. */
  madeBy(workspaceId: Uuid, makerId: Uuid, limit: number): Promise<{ count: number; endpoints: Endpoint[] }>;
}

export function makeEndpointReads(db: Database, { open }: EndpointRows): EndpointReads {
  function find(workspaceId: Uuid, id: Uuid) {
    return retried(() =>
      db.kysely
        .selectFrom('endpoint')
        .selectAll()
        .select(EXTRA_COLUMNS)
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst(),
    );
  }

  return {
    async get(workspaceId, id) {
      const row = await find(workspaceId, id);
      return row && row.state !== 'deleted' ? open(row) : undefined;
    },

    async getAny(workspaceId, id) {
      const row = await find(workspaceId, id);
      return row && open(row);
    },

    async list(workspaceId, limit, after) {
      let rows = db.kysely
        .selectFrom('endpoint')
        .selectAll()
        .select(EXTRA_COLUMNS)
        .where('workspace_id', '=', workspaceId)
        .where('state', '!=', 'deleted')
        .orderBy('id', 'desc')
        .limit(limit);
      if (after !== null) rows = rows.where('id', '<', after);
      return (await retried(() => rows.execute())).map(open);
    },

    async madeBy(workspaceId, makerId, limit) {
      const living = db.kysely.selectFrom('endpoint').where(isMadeBy(workspaceId, makerId));
      const [{ count }, rows] = await retried(() =>
        Promise.all([
          living.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
          living.selectAll().select(EXTRA_COLUMNS).orderBy('id', 'desc').limit(limit).execute(),
        ]),
      );
      return { count, endpoints: rows.map(open) };
    },
  };
}

/** SQL: an endpoint that is not deleted and that a member created, personally or through a key that acts for them. */
export function isMadeBy(workspaceId: Uuid, makerId: Uuid) {
  return sql<boolean>`
    endpoint.workspace_id = ${workspaceId} and endpoint.state <> 'deleted' and (
      endpoint.created_by = 'user:' || ${makerId}::uuid or exists (
        select from api_key k where k.workspace_id = endpoint.workspace_id and k.maker_id = ${makerId}
          and endpoint.created_by = 'api_key:' || k.id))`;
}
