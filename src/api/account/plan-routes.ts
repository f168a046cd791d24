import { z } from 'zod';
import type { Audit } from '../../account/audit.ts';
import { isPlan, PLANS, termsOf } from '../../account/plan.ts';
import { isoTime } from '../../base/clock.ts';
import { StartError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Engine } from '../../delivery/engine.ts';
import { route, type Route } from '../../http/route.ts';

const maximum = z.int().nullable().meta({ description: 'Null if unlimited.' });

const planShape = z
  .object({
    plan: z.string(),
    windows: z.array(
      z.object({
        scope: z.enum(['workspace', 'key']),
        span_s: z.int(),
        limit: z.int(),
        remaining: z.int(),
        resets_at: z.iso
          .datetime()
          .meta({ description: 'When the oldest counted request leaves the window.' }),
      }),
    ),
    maxima: z.object({ webhooks: maximum, api_keys: maximum }),
  })
  .meta({ id: 'Plan' });

const SET_PLAN = {
  name: 'workspace.set-plan',
  text: `update workspace set plan = $1 where id = $2`,
};

/** Routes of the workspace's plan and what is left of its quota. */
export function planRoutes(): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/plan',
      scope: null,
      tag: 'me',
      summary: 'Get the plan of the workspace and its remaining quota',
      description: 'The windows slide. This request counts too.',
      answers: { 200: planShape },
      async handle({ caller: { plan, quota } }) {
        const { maxima } = termsOf(plan);
        return {
          status: 200,
          body: {
            plan,
            windows: quota.windows.map(({ scope, spanS, limit, remaining, resetS }) => ({
              scope,
              span_s: spanS,
              limit,
              remaining,
              resets_at: isoTime(resetS * 1000),
            })),
            maxima: { webhooks: maxima.webhooks, api_keys: maxima.apiKeys },
          },
        };
      },
    }),
  ];
}

/**
 * Changes the plan of a workspace, effective from the next request. A plan without webhooks pauses them; leaving
 * that plan resumes exactly those that it paused. Objects above the new plan's maxima stay. Throws `StartError`
 * for an unknown plan or workspace.
 */
export async function changePlan(
  { db, engine, audit }: { db: Database; engine: Engine; audit: Audit },
  workspaceId: Uuid,
  plan: string,
): Promise<void> {
  if (!isPlan(plan)) throw new StartError(`${plan} is not a plan. Known: ${Object.keys(PLANS).join(', ')}.`);
  const { webhooks } = termsOf(plan);
  const changed = await db.transaction(async (trx) => {
    const { rowCount } = await trx.query({ ...SET_PLAN, values: [plan, workspaceId] });
    if (rowCount === 0) throw new StartError(`There is no workspace ${workspaceId}.`);
    const auditEntry = {
      action: 'workspace.plan_changed',
      objectType: 'workspace',
      objectId: workspaceId,
      details: { plan },
    };
    await audit.record(trx, { workspaceId, actor: 'cli' }, auditEntry);
    return engine.endpoints.holdForPlan(trx, workspaceId, !webhooks);
  });
  engine.endpoints.changed(workspaceId, changed);
  if (webhooks) await engine.waker.notifyNow(changed.map((id) => [workspaceId, id] as const));
}
