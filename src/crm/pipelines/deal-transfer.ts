import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Mutation, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import { deal, type Deal, type DealInput } from '../deals/deal.ts';

/** Where deals go: a stage with its pipeline. */
export interface DealTarget {
  pipeline_id: Uuid;
  stage_id: Uuid;
}

/**
 * Moves all deals of some stages of a pipeline to another stage. Each one is a change of its own with its event
 * `deal.stage_changed`, as if a person moved it: a transfer that is interrupted is completed by the next one.
 */
export type TransferDeals = (
  writer: Pick<Writer, 'workspaceId' | 'actor'>,
  from: { pipelineId: Uuid; stageIds: readonly Uuid[] },
  to: DealTarget,
) => Promise<void>;

/** Deals that are changed at once. */
const BATCH = 200;

const NEXT = {
  name: 'deal.in-stages',
  text: `select id from deal
         where workspace_id = $1 and pipeline_id = $2 and stage_id = any($3::uuid[]) and deleted_at is null
           and ($4::uuid is null or id > $4)
         order by id limit ${BATCH}`,
};

export function makeDealTransfer(db: Database, deals: RecordService<Deal, DealInput>): TransferDeals {
  return async ({ workspaceId, actor }, { pipelineId, stageIds }, to) => {
    const mutation = transferOf(new Set(stageIds), to);
    let after: Uuid | null = null;
    for (;;) {
      const rows: { id: Uuid }[] = await db.read(NEXT, [workspaceId, pipelineId, stageIds, after]);
      const last = rows.at(-1);
      if (!last) return;
      await Promise.all(rows.map(({ id }) => transfer(id)));
      after = last.id;
    }

    async function transfer(id: Uuid): Promise<void> {
      const answer = () => ({ status: 204, body: '' });
      try {
        await deals.store.change({ writer: { workspaceId, actor }, id, mutation, expected: null, answer });
      } catch (error) {
        // Deleted meanwhile: the rows of deleted deals are moved with the stage.
        if (!(error instanceof ApiError && error.code === 'not_found')) throw error;
      }
    }
  };
}

/** Leaves a deal where it is if somebody moved it out of the stages meanwhile. */
function transferOf(from: ReadonlySet<Uuid>, to: DealTarget): Mutation<Deal> {
  return {
    apply: (current, context) =>
      from.has(current.stage_id) ? deal.update(current, { ...to }, context) : current,
    fires: deal.fires,
  };
}
