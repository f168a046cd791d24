import type { Transaction } from 'kysely';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { EndpointRow, Schema } from '../../db/schema.ts';

/** What the engine needs to know of plans, which are defined elsewhere. */
export interface PlanRules {
  /** How many webhooks there may be; null for any number. */
  maxWebhooks(plan: string): number | null;
  sendsWebhooks(plan: string): boolean;
}

/** Why an endpoint is paused although nobody paused it. */
const HELD_BY_PLAN = 'The plan of the workspace sends no webhooks.';

/** The plan of a workspace, read under a lock: it cannot change before the transaction ends. */
export async function lockPlan(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  lock: 'share' | 'update',
): Promise<string> {
  const workspace = trx.selectFrom('workspace').select('plan').where('id', '=', workspaceId);
  const locked = lock === 'share' ? workspace.forShare() : workspace.forUpdate();
  return (await locked.executeTakeFirstOrThrow()).plan;
}

/** The stored state of a webhook that should be active. */
export function activeUnder(planRules: PlanRules, plan: string): Pick<EndpointRow, 'state' | 'reason'> {
  return planRules.sendsWebhooks(plan)
    ? { state: 'active', reason: null }
    : { state: 'paused', reason: HELD_BY_PLAN };
}

/** Throws `limit_reached` if the plan allows no further webhook. */
export async function checkWebhookLimit(
  trx: Transaction<Schema>,
  planRules: PlanRules,
  workspaceId: Uuid,
  plan: string,
): Promise<void> {
  const max = planRules.maxWebhooks(plan);
  if (max === null) return;
  const { existing } = await trx
    .selectFrom('endpoint')
    .select(({ fn }) => fn.countAll<number>().as('existing'))
    .where('workspace_id', '=', workspaceId)
    .where('state', '!=', 'deleted')
    .executeTakeFirstOrThrow();
  if (existing >= max) {
    throw new ApiError('limit_reached', `The plan ${plan} allows ${max} webhooks; delete one first.`);
  }
}

/**
 * Pauses active webhooks because the plan sends none, or resumes exactly those that were paused for it.
 * @param at ISO 8601
 * @returns the endpoints that changed
 */
export async function holdForPlan(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  held: boolean,
  at: string,
): Promise<Uuid[]> {
  const rows = await trx
    .updateTable('endpoint')
    .set((eb) => ({
      state: held ? 'paused' : 'active',
      reason: held ? HELD_BY_PLAN : null,
      version: eb('version', '+', 1),
      updated_at: at,
    }))
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', held ? 'active' : 'paused')
    .$if(!held, (query) => query.where('reason', '=', HELD_BY_PLAN))
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
