import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';
import { retried, type Database } from '../db/pool.ts';
import type { EndpointRow, Schema } from '../db/schema.ts';
import type { BREAKER_STATES } from './breaker.ts';
import { fireDisabled, type Cause, type Owners } from './disabling.ts';
import { EXTRA_COLUMNS, endpointRows } from './endpoint-row.ts';
import { checkFilterRoom } from '../events/event-filter-budget.ts';
import type { Filter } from '../events/event-filter.ts';
import type { ContentType } from './form-body.ts';
import type { RateLimit } from './rate.ts';
import { dropQueued } from './sweep.ts';
import type { LaneKey } from '../events/outbox.ts';

/** A webhook with its secrets opened: what the engine sends to. */
export interface Endpoint {
  workspaceId: Uuid;
  id: Uuid;
  /** The workspace's integer. */
  clientNumber: number;
  version: number;
  name: string;
  url: string;
  format: string;
  /** Our names of event types, or `*`. */
  events: string[];
  state: 'active' | 'paused' | 'disabled' | 'deleted';
  /** Why it is disabled, or paused though nobody paused it; null otherwise. */
  reason: string | null;
  /** The signing secret, then the one before it while both sign; empty where unsigned. */
  secrets: string[];
  method: 'POST' | 'PUT' | 'PATCH';
  contentType: ContentType;
  headers: Record<string, string>;
  timeoutMs: number;
  retryMax: number;
  retryIntervalsS: number[];
  /** Failed attempts in a row after which it is taken out of service; null for never. */
  disableAfter: number | null;
  /** Whether a 410 does so too; in some formats it always does. */
  disableOnGone: boolean;
  /** Which events it wants, as it was written; null for all of its types. */
  filter: Record<string, unknown> | null;
  payload: 'summary' | 'full';
  /** Requests under way at once, at most; 1 to 64. */
  maxInFlight: number;
  /** Requests begun in a span of time, at most; null for any number. */
  rateLimit: RateLimit | null;
  /** Whether events of one record are sent one after the other, in the order in which they happened. */
  ordering: 'none' | 'record';
  breaker: Breaker;
  createdAt: string;
  updatedAt: string;
}

/** Whether its receiver is pressed (breaker.ts); open until then, ISO 8601. */
export interface Breaker {
  state: (typeof BREAKER_STATES)[number];
  until: string | null;
}

export type NewEndpoint = Omit<
  Endpoint,
  | 'id'
  | 'clientNumber'
  | 'version'
  | 'state'
  | 'reason'
  | 'secrets'
  | 'filter'
  | 'breaker'
  | 'createdAt'
  | 'updatedAt'
> & {
  active: boolean;
  filter: Filter | null;
  secret: string | null;
  createdBy: string;
};

export type EndpointChange = Partial<
  Pick<
    Endpoint,
    | 'name'
    | 'url'
    | 'events'
    | 'method'
    | 'contentType'
    | 'headers'
    | 'timeoutMs'
    | 'retryMax'
    | 'retryIntervalsS'
    | 'disableAfter'
    | 'disableOnGone'
    | 'payload'
    | 'maxInFlight'
    | 'rateLimit'
    | 'ordering'
  >
> & { active?: boolean; filter?: Filter | null };

/** Runs within the transaction that changes an endpoint: where the idempotency answer is kept. */
export type Within = (trx: Transaction<Schema>, endpoint: Endpoint) => Promise<void>;

/** Webhooks in the store. Secrets and custom headers are sealed; a deleted one stays, for its log. */
export interface Endpoints {
  /** Throws `limit_reached` where the plan allows no further one. */
  create(input: NewEndpoint, within: Within): Promise<Endpoint>;
  get(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Also one that was deleted. */
  getAny(workspaceId: Uuid, id: Uuid): Promise<Endpoint | undefined>;
  /** Newest first, after the id of the last page's last. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Endpoint[]>;
  update(workspaceId: Uuid, id: Uuid, change: EndpointChange, within: Within): Promise<Endpoint | undefined>;
  /**
   * Replaces the secret, null for none; the old one goes on signing until `overlapUntil`, or stops at once where null.
   */
  rotate(
    workspaceId: Uuid,
    id: Uuid,
    secret: string | null,
    overlapUntil: string | null,
    within: Within,
  ): Promise<Endpoint | undefined>;
  /** Revokes it: what is queued is dropped and logged as such. */
  remove(workspaceId: Uuid, id: Uuid, within: Within): Promise<boolean>;
  /** Those that a member made, by themselves or through a key that acts for them; newest first, and how many. */
  madeBy(workspaceId: Uuid, makerId: Uuid, limit: number): Promise<{ count: number; endpoints: Endpoint[] }>;
  /**
   * Revokes all that `madeBy` counts, within a transaction.
   * @returns what was revoked; tell `changed` of them after the commit
   */
  removeMadeBy(trx: Transaction<Schema>, workspaceId: Uuid, makerId: Uuid): Promise<Endpoint[]>;
  /**
   * Pauses what is active, as the plan sends no webhooks, or resumes exactly what was paused for that; within
   * the transaction that changes the plan.
   * @returns the endpoints that changed; tell `changed` of them after the commit
   */
  holdForPlan(trx: Transaction<Schema>, workspaceId: Uuid, held: boolean): Promise<Uuid[]>;
  /** Tells that endpoints were changed by a transaction that has committed. */
  changed(workspaceId: Uuid, ids: readonly Uuid[]): void;
  /**
   * Takes it out of service where it is active: its receiver said so, or fails too often. The owners are told, and an
   * event is fired, with it.
   */
  disable(workspaceId: Uuid, id: Uuid, cause: Cause): Promise<boolean>;
}

/** What the engine has to know of plans, which are not its own. */
export interface PlanRules {
  /** How many webhooks there may be; null for any number. */
  maxWebhooks(plan: string): number | null;
  sendsWebhooks(plan: string): boolean;
}

/** Why an endpoint is paused that nobody paused. */
const HELD_BY_PLAN = 'The plan of the workspace sends no webhooks.';

/** The channel on which processes tell each other that an endpoint has changed. Payload: its id. */
export const ENDPOINT_CHANNEL = 'fairlead_endpoint';

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

/** @param onChange called after an endpoint changed, so that the next attempt sees it */
export function makeEndpoints(
  parts: EndpointParts,
  onChange: (workspaceId: Uuid, id: Uuid) => void,
): Endpoints {
  const { db, sealer, clock, newId, planRules, owners } = parts;
  const { open, optionColumns, givenColumns, sealed } = endpointRows(sealer, clock);

  /**
   * Changes a living endpoint and tells other processes. Failures in a row are counted anew from there; the lane comes
   * last, as a settle takes it after the queue, and after it only the feed's counter.
   * @param disabling where it is taken out of service, as only an active one is: what else that brings about
   */
  async function changeIn(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    id: Uuid,
    input: Record<string, unknown>,
    within: Within,
    disabling?: Within,
  ): Promise<Endpoint | undefined> {
    const resumed = input['state'] === 'active' && activeUnder(await planOf(trx, workspaceId, 'share'));
    const values = { ...input, ...resumed };
    const row = await trx
      .updateTable('endpoint')
      .set((eb) => ({ ...values, version: eb('version', '+', 1), updated_at: isoTime(clock.now()) }))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .where('state', '!=', 'deleted')
      .$if(disabling !== undefined, (query) => query.where('state', '=', 'active'))
      .returningAll()
      .returning(EXTRA_COLUMNS)
      .executeTakeFirst();
    if (!row) return undefined;
    const endpoint = open(row);
    await within(trx, endpoint);
    if (input['state'] !== undefined && !disabling) await owners.attended(trx, workspaceId, id);
    await sql`update lane set failures = 0
              where workspace_id = ${workspaceId} and endpoint_id = ${id} and failures > 0`.execute(trx);
    await disabling?.(trx, endpoint);
    await sql`select pg_notify(${ENDPOINT_CHANNEL}, ${id})`.execute(trx);
    return endpoint;
  }

  /**
   * `changeIn` in a transaction of its own; this process is notified as well.
   * @param before what comes first in the transaction
   */
  async function change(
    workspaceId: Uuid,
    id: Uuid,
    input: Record<string, unknown>,
    within: Within,
    { before, disabling }: { before?: (trx: Transaction<Schema>) => Promise<void>; disabling?: Within } = {},
  ): Promise<Endpoint | undefined> {
    const changed = await db.transaction(async (trx) => {
      await before?.(trx);
      return changeIn(trx, workspaceId, id, input, within, disabling);
    });
    if (changed) onChange(workspaceId, id);
    return changed;
  }

  /** Read under a lock: no change of plan gets in between. */
  async function planOf(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    lock: 'share' | 'update',
  ): Promise<string> {
    const workspace = trx.selectFrom('workspace').select('plan').where('id', '=', workspaceId);
    const locked = lock === 'share' ? workspace.forShare() : workspace.forUpdate();
    return (await locked.executeTakeFirstOrThrow()).plan;
  }

  /** What a webhook that should be active is stored as. */
  function activeUnder(plan: string): Pick<EndpointRow, 'state' | 'reason'> {
    return planRules.sendsWebhooks(plan)
      ? { state: 'active', reason: null }
      : { state: 'paused', reason: HELD_BY_PLAN };
  }

  async function checkRoom(trx: Transaction<Schema>, workspaceId: Uuid, plan: string): Promise<void> {
    const max = planRules.maxWebhooks(plan);
    if (max === null) return;
    const { there: existing } = await trx
      .selectFrom('endpoint')
      .select(({ fn }) => fn.countAll<number>().as('there'))
      .where('workspace_id', '=', workspaceId)
      .where('state', '!=', 'deleted')
      .executeTakeFirstOrThrow();
    if (existing >= max) {
      throw new ApiError('limit_reached', `The plan ${plan} allows ${max} webhooks; delete one first.`);
    }
  }

  /** What is stored of one that is revoked. */
  function removal() {
    const deletedAt = isoTime(clock.now());
    return { state: 'deleted', deleted_at: deletedAt, secret: null, old_secret: null, headers: null };
  }

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
    async create(input, within) {
      const at = isoTime(clock.now());
      return db.transaction(async (trx) => {
        const plan = await planOf(trx, input.workspaceId, 'update');
        await checkRoom(trx, input.workspaceId, plan);
        if (input.filter) await checkFilterRoom(trx, input.workspaceId, null, input.filter);
        const row = await trx
          .insertInto('endpoint')
          .values({
            workspace_id: input.workspaceId,
            id: newId(),
            format: input.format,
            ...(input.active ? activeUnder(plan) : { state: 'paused', reason: null }),
            secret: sealed(input.workspaceId, 'secret', input.secret),
            old_secret: null,
            old_secret_until: null,
            ...optionColumns(input.workspaceId, input),
            created_by: input.createdBy,
            created_at: at,
            updated_at: at,
            deleted_at: null,
          })
          .returningAll()
          .returning(EXTRA_COLUMNS)
          .executeTakeFirstOrThrow();
        await trx
          .insertInto('lane')
          .values({ workspace_id: row.workspace_id, endpoint_id: row.id })
          .execute();
        const endpoint = open(row);
        await within(trx, endpoint);
        return endpoint;
      });
    },

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

    update(workspaceId, id, input, within) {
      const { active, filter } = input;
      const state = active === undefined ? {} : { state: active ? 'active' : 'paused', reason: null };
      const values = { ...state, ...givenColumns(workspaceId, input) };
      return change(workspaceId, id, values, within, {
        ...(filter && {
          async before(trx) {
            // Two at once must not both take the last room.
            await planOf(trx, workspaceId, 'update');
            await checkFilterRoom(trx, workspaceId, id, filter);
          },
        }),
      });
    },

    rotate(workspaceId, id, secret, overlapUntil, within) {
      const values = {
        old_secret: overlapUntil === null ? null : sql.ref('secret'),
        old_secret_until: overlapUntil,
        secret: sealed(workspaceId, 'secret', secret),
      };
      return change(workspaceId, id, values, within);
    },

    async remove(workspaceId, id, within) {
      const removed = await change(workspaceId, id, removal(), async (trx, endpoint) => {
        await dropQueued(trx, workspaceId, id, isoTime(clock.now()));
        await within(trx, endpoint);
      });
      return removed !== undefined;
    },

    async madeBy(workspaceId, makerId, limit) {
      const living = db.kysely.selectFrom('endpoint').where(madeBy(workspaceId, makerId));
      const [{ count }, rows] = await retried(() =>
        Promise.all([
          living.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
          living.selectAll().select(EXTRA_COLUMNS).orderBy('id', 'desc').limit(limit).execute(),
        ]),
      );
      return { count, endpoints: rows.map(open) };
    },

    async removeMadeBy(trx, workspaceId, makerId) {
      const rows = await trx
        .selectFrom('endpoint')
        .select('id')
        .where(madeBy(workspaceId, makerId))
        .orderBy('id')
        .execute();
      const removed: Endpoint[] = [];
      for (const { id } of rows) {
        const endpoint = await changeIn(trx, workspaceId, id, removal(), () =>
          dropQueued(trx, workspaceId, id, isoTime(clock.now())),
        );
        if (endpoint) removed.push(endpoint);
      }
      return removed;
    },

    async holdForPlan(trx, workspaceId, held) {
      const rows = await trx
        .updateTable('endpoint')
        .set((eb) => ({
          state: held ? 'paused' : 'active',
          reason: held ? HELD_BY_PLAN : null,
          version: eb('version', '+', 1),
          updated_at: isoTime(clock.now()),
        }))
        .where('workspace_id', '=', workspaceId)
        .where('state', '=', held ? 'active' : 'paused')
        .$if(!held, (query) => query.where('reason', '=', HELD_BY_PLAN))
        .returning('id')
        .execute();
      for (const { id } of rows) await sql`select pg_notify(${ENDPOINT_CHANNEL}, ${id})`.execute(trx);
      return rows.map(({ id }) => id);
    },

    changed(workspaceId, ids) {
      for (const id of ids) onChange(workspaceId, id);
    },

    async disable(workspaceId, id, cause) {
      let lanes: LaneKey[] = [];
      const values = { state: 'disabled', reason: cause.reason };
      const nothing = () => Promise.resolve();
      const disabled = await change(workspaceId, id, values, nothing, {
        async disabling(trx, endpoint) {
          const { name, format, updatedAt: at } = endpoint;
          const disabling = { ...cause, workspaceId, endpointId: id, name, format, at };
          await owners.disabled(trx, disabling);
          lanes = await fireDisabled(trx, endpoint.url, newId(), disabling, parts.disabledWildcard);
        },
      });
      parts.notify(lanes);
      return disabled !== undefined;
    },
  };
}

/** The living ones that a member made, by themselves or through a key that acts for them. */
function madeBy(workspaceId: Uuid, makerId: Uuid) {
  return sql<boolean>`
    endpoint.workspace_id = ${workspaceId} and endpoint.state <> 'deleted' and (
      endpoint.created_by = 'user:' || ${makerId}::uuid or exists (
        select from api_key k where k.workspace_id = endpoint.workspace_id and k.maker_id = ${makerId}
          and endpoint.created_by = 'api_key:' || k.id))`;
}
