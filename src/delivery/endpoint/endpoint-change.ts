import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { Owners } from './webhook-disabled-event.ts';
import { activeUnder, lockPlan, type PlanRules } from './endpoint-plan-limits.ts';
import { ENDPOINT_COLUMNS, type EndpointRow, type EndpointRows } from './endpoint-row.ts';
import type { Endpoint } from './endpoint.ts';

/** The channel on which processes notify each other that an endpoint has changed. Payload: its id. */
export const ENDPOINT_CHANNEL = 'fairlead_endpoint';

/** Parts of the transaction besides the change itself. */
export interface ChangeSteps {
  /** What comes first in the transaction. */
  before?: (trx: Transaction) => Promise<void>;
  /** Of a change that disables an endpoint, and so takes effect only on an active one: what else belongs to it. */
  disabling?: AfterWrite<Endpoint>;
}

export interface EndpointChanges {
  /** Changes an endpoint that is not deleted, and notifies other processes. Undefined if there is none. */
  changeIn(
    trx: Transaction,
    workspaceId: Uuid,
    id: Uuid,
    columns: Record<string, unknown>,
    afterWrite: AfterWrite<Endpoint>,
    disabling?: AfterWrite<Endpoint>,
  ): Promise<Endpoint | undefined>;
  /** `changeIn` in a transaction of its own; this process is notified as well. */
  change(
    workspaceId: Uuid,
    id: Uuid,
    columns: Record<string, unknown>,
    afterWrite: AfterWrite<Endpoint>,
    steps?: ChangeSteps,
  ): Promise<Endpoint | undefined>;
}

const CLEAR_FAILURES = {
  name: 'lane.clear-failures',
  text: `update lane set failures = 0
         where workspace_id = $1 and endpoint_id = $2 and failures > 0`,
};

const NOTIFY = {
  name: 'endpoint.notify',
  text: `select pg_notify($1, $2)`,
};

export function makeEndpointChanges(
  parts: { db: Database; clock: Clock; planRules: PlanRules; owners: Owners },
  { open }: EndpointRows,
  onChange: (workspaceId: Uuid, id: Uuid) => void,
): EndpointChanges {
  const { db, clock, planRules, owners } = parts;

  /**
   * Failures in a row are counted from zero afterwards. The lane is locked last, since a settle locks it after the queue;
   * only the feed's counter comes after it.
   */
  async function changeIn(
    trx: Transaction,
    workspaceId: Uuid,
    id: Uuid,
    columns: Record<string, unknown>,
    afterWrite: AfterWrite<Endpoint>,
    disabling?: AfterWrite<Endpoint>,
  ): Promise<Endpoint | undefined> {
    const resumed =
      columns['state'] === 'active' && activeUnder(planRules, await lockPlan(trx, workspaceId, 'share'));
    const [row] = await query<EndpointRow>(
      trx,
      sql`
        update endpoint set ${sql.set({ ...columns, ...resumed, updated_at: isoTime(clock.now()) })}, version = version + 1
        where workspace_id = ${workspaceId} and id = ${id} and state <> 'deleted'
          ${disabling === undefined ? sql`` : sql`and state = 'active'`}
        returning ${sql.raw(ENDPOINT_COLUMNS)}`,
    );
    if (!row) return undefined;
    const endpoint = open(row);
    await afterWrite(trx, endpoint);
    if (columns['state'] !== undefined && !disabling) await owners.handledByUser(trx, workspaceId, id);
    await query(trx, CLEAR_FAILURES, [workspaceId, id]);
    await disabling?.(trx, endpoint);
    await notifyProcesses(trx, id);
    return endpoint;
  }

  return {
    changeIn,

    async change(workspaceId, id, columns, afterWrite, { before, disabling } = {}) {
      const changed = await db.transaction(async (trx) => {
        await before?.(trx);
        return changeIn(trx, workspaceId, id, columns, afterWrite, disabling);
      });
      if (changed) onChange(workspaceId, id);
      return changed;
    },
  };
}

/** Notifies other processes, once the transaction commits, that an endpoint has changed. */
export async function notifyProcesses(trx: Transaction, id: Uuid): Promise<void> {
  await query(trx, NOTIFY, [ENDPOINT_CHANNEL, id]);
}
