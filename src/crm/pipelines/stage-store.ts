import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Pipeline } from './pipeline.ts';
import { query, type Transaction } from '../../db/query.ts';

/** A stage as a client sends it: with the id of an existing stage, or without one for a new stage. */
export interface StageInput {
  id?: Uuid | undefined;
  name: string;
  /** In percent; undefined: as before, and not set for a new stage. */
  probability?: number | null | undefined;
}

const WRITE = {
  name: 'stage.write',
  text: `insert into stage (workspace_id, id, pipeline_id, name, position, probability)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, id) do update
         set name = excluded.name, position = excluded.position, probability = excluded.probability
         where stage.pipeline_id = excluded.pipeline_id`,
};

const LOCK = {
  name: 'stage.lock',
  text: `select from stage where workspace_id = $1 and id = any($2::uuid[]) order by id for update`,
};

const COUNT_DEALS = {
  name: 'stage.count-deals',
  text: `select s.name, count(*)::int as deals from deal d
         join stage s on s.workspace_id = d.workspace_id and s.id = d.stage_id
         where d.workspace_id = $1 and d.stage_id = any($2::uuid[]) and d.deleted_at is null
         group by s.id, s.name, s.position order by s.position`,
};

const MOVE_DELETED_DEALS = {
  name: 'stage.move-deleted-deals',
  text: `update deal set pipeline_id = $1, stage_id = $2
         where workspace_id = $3 and stage_id = any($4::uuid[]) and deleted_at is not null`,
};

const DELETE = {
  name: 'stage.delete',
  text: `delete from stage where workspace_id = $1 and id = any($2::uuid[])`,
};

/** Throws `validation_error` for a stage of another pipeline, and for one that is sent twice. */
export function checkStages(requested: readonly StageInput[], current: readonly { id: Uuid }[]): void {
  const seen = new Set<Uuid>();
  requested.forEach(({ id }, at) => {
    if (id === undefined) return;
    if (!current.some((stage) => stage.id === id))
      throw invalid(`stages.${at}.id`, 'is not a stage of this pipeline');
    if (seen.has(id)) throw invalid(`stages.${at}.id`, 'is a duplicate');
    seen.add(id);
  });
}

/** Writes all stages in their new order. */
export async function writeStages(
  trx: Transaction,
  {
    workspaceId,
    pipelineId,
    stages,
    newId,
  }: { workspaceId: Uuid; pipelineId: Uuid; stages: StageInput[]; newId: () => Uuid },
): Promise<Uuid[]> {
  const ids: Uuid[] = [];
  for (const [position, { id = newId(), name, probability = null }] of stages.entries()) {
    await query(trx, WRITE, [workspaceId, id, pipelineId, name, position, probability]);
    ids.push(id);
  }
  return ids;
}

/** Writes these stages and removes the others. Throws `validation_error`, and `conflict` if a removed one holds deals. */
export async function replaceStages(
  trx: Transaction,
  {
    workspaceId,
    current,
    stages,
    newId,
  }: { workspaceId: Uuid; current: Pipeline; stages: StageInput[]; newId: () => Uuid },
): Promise<void> {
  checkStages(stages, current.stages);
  const pipelineId = current.id;
  const before = new Map(current.stages.map((stage) => [stage.id, stage.probability]));
  const complete = stages.map((stage) =>
    stage.probability === undefined && stage.id !== undefined
      ? { ...stage, probability: before.get(stage.id)! }
      : stage,
  );
  const kept = await writeStages(trx, { workspaceId, pipelineId, stages: complete, newId });
  const removed = current.stages.map((stage) => stage.id).filter((id) => !kept.includes(id));
  await removeStages(trx, workspaceId, removed, { pipelineId, stageId: kept[0]! });
}

/**
 * Removes stages that hold no deals. They are locked first: a concurrent write of a deal into one of them holds the
 * stage's key until it commits, and is then seen; a later one fails on its foreign key. The rows of deleted deals move
 * to `fallback`.
 */
export async function removeStages(
  trx: Transaction,
  workspaceId: Uuid,
  ids: Uuid[],
  fallback: { pipelineId: Uuid; stageId: Uuid },
): Promise<void> {
  if (ids.length === 0) return;
  await query(trx, LOCK, [workspaceId, ids]);
  const rows = await query<{ name: string; deals: number }>(trx, COUNT_DEALS, [workspaceId, ids]);
  if (rows[0]) {
    const { name, deals } = rows[0];
    throw new ApiError('conflict', `The stage ${name} holds ${deals} deals; move them first.`);
  }
  await query(trx, MOVE_DELETED_DEALS, [fallback.pipelineId, fallback.stageId, workspaceId, ids]);
  await query(trx, DELETE, [workspaceId, ids]);
}
