import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import { checkFilterRoom } from '../../events/event-filter-budget.ts';
import { fireDisabled, type Cause, type Owners } from './webhook-disabled-event.ts';
import { makeEndpointChanges, notifyProcesses, type EndpointChanges } from './endpoint-change.ts';
import {
  activeUnder,
  checkWebhookLimit,
  holdForPlan,
  lockPlan,
  type PlanRules,
} from './endpoint-plan-limits.ts';
import { IDS_MADE_BY, makeEndpointReads, type EndpointReads } from './endpoint-read.ts';
import { ENDPOINT_COLUMNS, endpointRows, type EndpointRow, type EndpointRows } from './endpoint-row.ts';
import type { Endpoint, EndpointChange, NewEndpoint } from './endpoint.ts';
import { dropQueued } from '../queue/sweep.ts';
import type { LaneKey } from '../../events/outbox.ts';

/** Webhooks in the store. Secrets and custom headers are sealed; a deleted webhook stays, for its log. */
export interface Endpoints extends EndpointReads {
  /** Throws `limit_reached` if the plan allows no further one. */
  create(input: NewEndpoint, afterWrite: AfterWrite<Endpoint>): Promise<Endpoint>;
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: EndpointChange,
    afterWrite: AfterWrite<Endpoint>,
  ): Promise<Endpoint | undefined>;
  /**
   * Replaces the secret.
   * @param secret null for none
   * @param overlapUntil until when the old secret signs as well; null if it stops at once
   */
  rotate(
    workspaceId: Uuid,
    id: Uuid,
    secret: string | null,
    overlapUntil: string | null,
    afterWrite: AfterWrite<Endpoint>,
  ): Promise<Endpoint | undefined>;
  /** Revokes it: what is queued is dropped, and logged as dropped. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<Endpoint>): Promise<boolean>;
  /**
   * Revokes all that `madeBy` counts, afterWrite a transaction.
   * @returns what was revoked; call `changed` with them after the commit
   */
  removeMadeBy(trx: Transaction, workspaceId: Uuid, makerId: Uuid): Promise<Endpoint[]>;
  /**
   * Pauses active webhooks because the plan sends none, or resumes exactly those that were paused for it; afterWrite the
   * transaction that changes the plan.
   * @returns the endpoints that changed; call `changed` with them after the commit
   */
  holdForPlan(trx: Transaction, workspaceId: Uuid, held: boolean): Promise<Uuid[]>;
  /** Endpoints were changed by a transaction that has committed: this process reloads them. */
  changed(workspaceId: Uuid, ids: readonly Uuid[]): void;
  /**
   * Disables an active webhook: its receiver asked for it, or fails too often. The owners are notified and an event is
   * fired in the same transaction. False if it was not active.
   */
  disable(workspaceId: Uuid, id: Uuid, cause: Cause): Promise<boolean>;
}

export interface EndpointParts {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
  planRules: PlanRules;
  owners: Owners;
  /** The formats whose `*` includes webhook.disabled. */
  disabledWildcard: readonly string[];
  /** Wakes lanes after a commit. */
  notify(lanes: readonly LaneKey[]): void;
}

const INSERT_LANE = {
  name: 'lane.insert',
  text: 'insert into lane (workspace_id, endpoint_id) values ($1, $2)',
};

/** @param onChange called after an endpoint changed, so that the next attempt uses the new one */
export function makeEndpoints(
  parts: EndpointParts,
  onChange: (workspaceId: Uuid, id: Uuid) => void,
): Endpoints {
  const { db, sealer, clock } = parts;
  const rows = endpointRows(sealer, clock);
  const changes = makeEndpointChanges(parts, rows, onChange);
  return {
    ...makeEndpointReads(db, rows),
    create: (input, afterWrite) => db.transaction((trx) => createIn(trx, parts, rows, input, afterWrite)),
    ...editing(rows, changes),
    ...removal(clock, changes),
    disable: (workspaceId, id, cause) => disable(parts, changes, workspaceId, id, cause),

    async holdForPlan(trx, workspaceId, held) {
      const ids = await holdForPlan(trx, workspaceId, held, isoTime(clock.now()));
      for (const id of ids) await notifyProcesses(trx, id);
      return ids;
    },

    changed(workspaceId, ids) {
      for (const id of ids) onChange(workspaceId, id);
    },
  };
}

async function createIn(
  trx: Transaction,
  { planRules, clock, newId }: EndpointParts,
  { open, optionColumns, sealed }: EndpointRows,
  input: NewEndpoint,
  afterWrite: AfterWrite<Endpoint>,
): Promise<Endpoint> {
  const at = isoTime(clock.now());
  const { workspaceId } = input;
  const plan = await lockPlan(trx, workspaceId, 'update');
  await checkWebhookLimit(trx, planRules, workspaceId, plan);
  if (input.filter) await checkFilterRoom(trx, workspaceId, null, input.filter);
  const columns = {
    workspace_id: workspaceId,
    id: newId(),
    format: input.format,
    ...(input.active ? activeUnder(planRules, plan) : { state: 'paused', reason: null }),
    secret: sealed(workspaceId, 'secret', input.secret),
    ...optionColumns(workspaceId, input),
    created_by: input.createdBy,
    created_at: at,
    updated_at: at,
  };
  const [row] = await query<EndpointRow>(
    trx,
    sql`insert into endpoint ${sql.insert(columns)} returning ${sql.raw(ENDPOINT_COLUMNS)}`,
  );
  await query(trx, INSERT_LANE, [workspaceId, columns.id]);
  const endpoint = open(row!);
  await afterWrite(trx, endpoint);
  return endpoint;
}

function editing(
  { changedColumns, sealed }: EndpointRows,
  { change }: EndpointChanges,
): Pick<Endpoints, 'update' | 'rotate'> {
  return {
    update(workspaceId, id, input, afterWrite) {
      const { active, filter } = input;
      const state = active === undefined ? {} : { state: active ? 'active' : 'paused', reason: null };
      const columns = { ...state, ...changedColumns(workspaceId, input) };
      return change(workspaceId, id, columns, afterWrite, {
        ...(filter && {
          async before(trx) {
            // Two updates at once must not both use up the rest of the budget.
            await lockPlan(trx, workspaceId, 'update');
            await checkFilterRoom(trx, workspaceId, id, filter);
          },
        }),
      });
    },

    rotate(workspaceId, id, secret, overlapUntil, afterWrite) {
      const columns = {
        old_secret: overlapUntil === null ? null : sql.ref('secret'),
        old_secret_until: overlapUntil,
        secret: sealed(workspaceId, 'secret', secret),
      };
      return change(workspaceId, id, columns, afterWrite);
    },
  };
}

function removal(
  clock: Clock,
  { change, changeIn }: EndpointChanges,
): Pick<Endpoints, 'remove' | 'removeMadeBy'> {
  /** A deleted webhook keeps no secrets. */
  function deletedColumns() {
    const deletedAt = isoTime(clock.now());
    return { state: 'deleted', deleted_at: deletedAt, secret: null, old_secret: null, headers: null };
  }

  return {
    async remove(workspaceId, id, afterWrite) {
      const removed = await change(workspaceId, id, deletedColumns(), async (trx, endpoint) => {
        await dropQueued(trx, workspaceId, id, isoTime(clock.now()));
        await afterWrite(trx, endpoint);
      });
      return removed !== undefined;
    },

    async removeMadeBy(trx, workspaceId, makerId) {
      const rows = await query<{ id: Uuid }>(trx, IDS_MADE_BY, [workspaceId, makerId]);
      const removed: Endpoint[] = [];
      for (const { id } of rows) {
        const endpoint = await changeIn(trx, workspaceId, id, deletedColumns(), () =>
          dropQueued(trx, workspaceId, id, isoTime(clock.now())),
        );
        if (endpoint) removed.push(endpoint);
      }
      return removed;
    },
  };
}

async function disable(
  { owners, newId, disabledWildcard, notify }: EndpointParts,
  { change }: EndpointChanges,
  workspaceId: Uuid,
  id: Uuid,
  cause: Cause,
): Promise<boolean> {
  let lanes: LaneKey[] = [];
  const columns = { state: 'disabled', reason: cause.reason };
  const disabled = await change(workspaceId, id, columns, () => Promise.resolve(), {
    async disabling(trx, endpoint) {
      const { name, format, updatedAt: at } = endpoint;
      const disabling = { ...cause, workspaceId, endpointId: id, name, format, at };
      await owners.disabled(trx, disabling);
      lanes = await fireDisabled(trx, endpoint.url, newId(), disabling, disabledWildcard);
    },
  });
  notify(lanes);
  return disabled !== undefined;
}
