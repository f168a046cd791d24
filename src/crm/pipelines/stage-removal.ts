import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Ctx } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { TransferDeals } from './deal-transfer.ts';
import type { Pipelines } from './pipeline-store.ts';

/** The query of a deletion: where the deals go. */
export const removalQuery = z.strictObject({
  move_deals_to: recordId.optional().meta({
    description:
      'A stage id: moves the deals there first, each with `deal.stage_changed`. Needs the scope deals:write. Left out: 409 if there are deals.',
  }),
});

export type RemovalQuery = z.output<typeof removalQuery>;

/** Deals may come in while others are moved out. */
const MAX_ROUNDS = 10;

/**
 * Removes stages whose deals move to another stage first, if the request names one.
 * @param remove removes the stages; throws `conflict` if they hold deals
 */
export async function removeEmptied<T>(
  { caller, query }: Pick<Ctx<unknown, RemovalQuery>, 'caller' | 'query'>,
  from: { pipelineId: Uuid; stageIds: readonly Uuid[] },
  { pipelines, transferDeals }: { pipelines: Pipelines; transferDeals: TransferDeals },
  remove: () => Promise<T>,
): Promise<T> {
  const { move_deals_to: stageId } = query;
  if (stageId === undefined) return remove();
  if (!caller.may('deals:write'))
    throw new ApiError('forbidden', 'move_deals_to needs the scope deals:write.');
  const all = await pipelines.listFor(caller.workspaceId);
  const target = all.find(({ stages }) => stages.some(({ id }) => id === stageId));
  if (!target) throw invalid('move_deals_to', 'there is no stage with this id');
  if (from.stageIds.includes(stageId)) throw invalid('move_deals_to', 'must be another stage');
  for (let round = 1; ; round++) {
    await transferDeals(caller, from, { pipeline_id: target.id, stage_id: stageId });
    try {
      return await remove();
    } catch (error) {
      if (round === MAX_ROUNDS || !(error instanceof ApiError && error.code === 'conflict')) throw error;
    }
  }
}
