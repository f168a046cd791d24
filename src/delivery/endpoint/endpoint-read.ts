import { coalesce } from '../../base/coalesce.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { ENDPOINT_COLUMNS, type EndpointRow, type EndpointRows } from './endpoint-row.ts';
import type { Endpoint } from './endpoint.ts';

/** Webhooks as they are read from the store. */
export interface EndpointReads {
  get(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Returns deleted ones too. Calls at the same time share a statement. */
  getAny(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Newest first, after the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Endpoint[]>;
  /** Those that a member created, personally or through a key that acts for them; newest first, and how many. */
  madeBy(workspaceId: Uuid, makerId: Uuid, limit: number): Promise<{ count: number; endpoints: Endpoint[] }>;
}

const GET = {
  name: 'endpoint.get',
  text: `select ${ENDPOINT_COLUMNS} from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)
         join endpoint on endpoint.workspace_id = k.workspace_id and endpoint.id = k.id`,
};

const LIST = {
  name: 'endpoint.list',
  text: `select ${ENDPOINT_COLUMNS} from endpoint
         where workspace_id = $1 and state <> 'deleted' and ($2::uuid is null or id < $2) order by id desc limit $3`,
};

/** SQL: an endpoint that is not deleted and that a member created, personally or through a key that acts for them. */
const MADE_BY = `
from endpoint
where endpoint.workspace_id = $1 and endpoint.state <> 'deleted' and (
  endpoint.created_by = 'user:' || $2::uuid or exists (
    select from api_key k where k.workspace_id = endpoint.workspace_id and k.maker_id = $2
      and endpoint.created_by = 'api_key:' || k.id))`;

const COUNT_MADE_BY = { name: 'endpoint.count-made-by', text: `select count(*) as count ${MADE_BY}` };
const LIST_MADE_BY = {
  name: 'endpoint.list-made-by',
  text: `select ${ENDPOINT_COLUMNS} ${MADE_BY} order by id desc limit $3`,
};

/** The ids of those that `madeBy` counts. Values: the workspace and the member. */
export const IDS_MADE_BY = { name: 'endpoint.ids-made-by', text: `select id ${MADE_BY} order by id` };

export function makeEndpointReads(db: Database, { open }: EndpointRows): EndpointReads {
  const finds = coalesce<{ workspaceId: Uuid; id: Uuid }, EndpointRow | undefined>({
    slots: 2,
    groupOf: ({ id }) => id,
    maxWaiting: Infinity,
    async run(keys) {
      const values = [keys.map(({ workspaceId }) => workspaceId), keys.map(({ id }) => id)];
      const rows = await db.read<EndpointRow>(GET, values);
      const found = new Map(rows.map((row) => [row.workspace_id + row.id, row]));
      return keys.map(({ workspaceId, id }) => found.get(workspaceId + id));
    },
  });

  return {
    async get(workspaceId, id) {
      const row = await finds.add({ workspaceId, id });
      return row && row.state !== 'deleted' ? open(row) : undefined;
    },

    async getAny(workspaceId, id) {
      const row = await finds.add({ workspaceId, id });
      return row && open(row);
    },

    list: async (workspaceId, limit, after) =>
      (await db.read<EndpointRow>(LIST, [workspaceId, after, limit])).map(open),

    async madeBy(workspaceId, makerId, limit) {
      const [[counted], rows] = await Promise.all([
        db.read<{ count: number }>(COUNT_MADE_BY, [workspaceId, makerId]),
        db.read<EndpointRow>(LIST_MADE_BY, [workspaceId, makerId, limit]),
      ]);
      return { count: counted!.count, endpoints: rows.map(open) };
    },
  };
}
