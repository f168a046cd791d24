import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';

/** What the engine needs to know of plans, which are defined elsewhere. */
export interface PlanRules {
  /** How many webhooks there may be; null for any number. */
  maxWebhooks(plan: string): number | null;
  sendsWebhooks(plan: string): boolean;
}

/** Why an endpoint is paused although nobody paused it. */
const HELD_BY_PLAN = 'The plan of the workspace sends no webhooks.';

const SHARE_PLAN = {
  name: 'workspace.share-plan',
  text: 'select plan from workspace where id = $1 for share',
};
const LOCK_PLAN = {
  name: 'workspace.lock-plan',
  text: 'select plan from workspace where id = $1 for update',
};

const COUNT = {
  name: 'endpoint.count',
  text: `select count(*) as existing from endpoint where workspace_id = $1 and state <> 'deleted'`,
};

const HOLD = {
  name: 'endpoint.hold',
  text: `update endpoint set state = 'paused', reason = $2, version = version + 1, updated_at = $3
         where workspace_id = $1 and state = 'active' returning id`,
};
const RESUME = {
  name: 'endpoint.resume',
  text: `update endpoint set state = 'active', reason = null, version = version + 1, updated_at = $3
         where workspace_id = $1 and state = 'paused' and reason = $2 returning id`,
};

/** The plan of a workspace, read under a lock: it cannot change before the transaction ends. */
export async function lockPlan(
  trx: Transaction,
  workspaceId: Uuid,
  lock: 'share' | 'update',
): Promise<string> {
  const statement = lock === 'share' ? SHARE_PLAN : LOCK_PLAN;
  const [workspace] = await query<{ plan: string }>(trx, statement, [workspaceId]);
  return workspace!.plan;
}

/** The stored state of a webhook that should be active. */
export function activeUnder(
  planRules: PlanRules,
  plan: string,
): { state: 'active' | 'paused'; reason: string | null } {
  return planRules.sendsWebhooks(plan)
    ? { state: 'active', reason: null }
    : { state: 'paused', reason: HELD_BY_PLAN };
}

/** Throws `limit_reached` if the plan allows no further webhook. */
export async function checkWebhookLimit(
  trx: Transaction,
  planRules: PlanRules,
  workspaceId: Uuid,
  plan: string,
): Promise<void> {
  const max = planRules.maxWebhooks(plan);
  if (max === null) return;
  const [counted] = await query<{ existing: number }>(trx, COUNT, [workspaceId]);
  const { existing } = counted!;
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
  trx: Transaction,
  workspaceId: Uuid,
  held: boolean,
  at: string,
): Promise<Uuid[]> {
  const rows = await query<{ id: Uuid }>(trx, held ? HOLD : RESUME, [workspaceId, HELD_BY_PLAN, at]);
  return rows.map(({ id }) => id);
}
