import { coalesce } from '../../base/coalesce.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid, unavailable } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { TIMEOUT_MS, type Database } from '../../db/pool.ts';
import { query, type Transaction, type AfterWrite } from '../../db/query.ts';
import { FIRST_PIPELINE, type Pipeline, type Stage } from './pipeline.ts';
import { checkStages, removeStages, replaceStages, writeStages, type StageInput } from './stage-store.ts';

export interface PipelineInput {
  name: string;
  is_default: boolean;
  stages: StageInput[];
}

export interface PipelineChange {
  name?: string | undefined;
  is_default?: boolean | undefined;
  stages?: StageInput[] | undefined;
}

export interface Pipelines {
  /** All pipelines of a workspace, oldest first. Creates the default one if there is none yet. */
  listFor(workspaceId: Uuid): Promise<Pipeline[]>;
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: PipelineInput,
    afterWrite: AfterWrite<Pipeline>,
  ): Promise<Pipeline>;
  /**
   * Stages that are left out are removed. Throws `not_found`, `precondition_failed`, `conflict` if a removed stage
   * holds deals, and `validation_error` for a stage of another pipeline.
   */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: PipelineChange,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Pipeline>,
  ): Promise<Pipeline>;
  /**
   * Changes the stages in a transaction that excludes other changes of pipelines: `edit` gets the current stages. Throws
   * as `update` does.
   */
  editStages(
    workspaceId: Uuid,
    id: Uuid,
    edit: (stages: readonly Stage[]) => StageInput[],
    afterWrite: AfterWrite<Pipeline>,
  ): Promise<Pipeline>;
  /** Throws `not_found`, `precondition_failed`, and `conflict` for the default one or one that holds deals. */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Pipeline>,
  ): Promise<void>;
}

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

const SELECT = `
select p.workspace_id, p.id, p.version, p.name, p.is_default, p.created_by, p.created_at, p.updated_at,
       (select json_agg(json_build_object('id', s.id, 'name', s.name, 'probability', s.probability) order by s.position)
        from stage s
        where s.workspace_id = p.workspace_id and s.pipeline_id = p.id) as stages
from pipeline p`;

const READ = {
  name: 'pipeline.of',
  text: `${SELECT} where p.workspace_id = any($1::uuid[]) order by p.workspace_id, p.id`,
};

type Row = Pipeline & { workspace_id: Uuid };

const DELETE = {
  name: 'pipeline.delete',
  text: `delete from pipeline where workspace_id = $1 and id = $2`,
};

const READ_LOCKED = {
  name: 'pipeline.read-locked',
  text: `${SELECT} where p.workspace_id = $1 order by p.id`,
};

const INSERT = {
  name: 'pipeline.insert',
  text: `insert into pipeline (workspace_id, id, name, is_default, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)`,
};

const UPDATE = {
  name: 'pipeline.update',
  text: `update pipeline set name = $1, version = version + 1,
                is_default = $2, updated_at = $3
         where workspace_id = $4 and id = $5`,
};

const LOCK = {
  name: 'pipeline.lock',
  text: `select from workspace where id = $1 for no key update`,
};

const CLEAR_DEFAULT = {
  name: 'pipeline.clear-default',
  text: `update pipeline set is_default = false where workspace_id = $1 and is_default`,
};

function toPipeline({ workspace_id: _workspaceId, ...pipeline }: Row): Pipeline {
  return pipeline;
}

export function makePipelines(parts: StoreParts): Pipelines {
  const { db } = parts;
  const lookUps = makeLookUps(db);

  async function listFor(workspaceId: Uuid): Promise<Pipeline[]> {
    const existing = await lookUps.add(workspaceId);
    if (existing.length > 0) return existing;
    await db.transaction(async (trx) => {
      await lock(trx, workspaceId);
      if ((await read(trx, workspaceId)).length > 0) return;
      const first = { name: FIRST_PIPELINE.name, is_default: true, stages: [...FIRST_PIPELINE.stages] };
      await insert(parts, trx, { workspaceId, actor: 'system' }, first);
    });
    return lookUps.add(workspaceId);
  }

  return {
    listFor,

    async create(writer, input, afterWrite) {
      checkStages(input.stages, []);
      await listFor(writer.workspaceId);
      return db.transaction(async (trx) => {
        await lock(trx, writer.workspaceId);
        const id = await insert(parts, trx, writer, input);
        const created = await get(trx, writer.workspaceId, id);
        await afterWrite(trx, created);
        return created;
      });
    },

    update: (workspaceId, id, change, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockPipeline(trx, workspaceId, id, expected);
        await applyChange(parts, trx, workspaceId, current, change);
        const updated = await get(trx, workspaceId, id);
        await afterWrite(trx, updated);
        return updated;
      }),

    editStages: (workspaceId, id, edit, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockPipeline(trx, workspaceId, id, null);
        await applyChange(parts, trx, workspaceId, current, { stages: edit(current.stages) });
        const updated = await get(trx, workspaceId, id);
        await afterWrite(trx, updated);
        return updated;
      }),

    remove: (workspaceId, id, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const pipeline = await lockPipeline(trx, workspaceId, id, expected);
        if (pipeline.is_default) throw new ApiError('conflict', 'The default pipeline cannot be deleted.');
        const main = (await read(trx, workspaceId)).find((item) => item.is_default)!;
        await removeStages(
          trx,
          workspaceId,
          pipeline.stages.map((stage) => stage.id),
          { pipelineId: main.id, stageId: main.stages[0]!.id },
        );
        await query(trx, DELETE, [workspaceId, id]);
        await afterWrite(trx, pipeline);
      }),
  };
}

/** Every new deal needs its workspace's pipelines; concurrent look-ups share one statement. */
function makeLookUps(db: Database) {
  return coalesce<Uuid, Pipeline[]>({
    slots: 2,
    groupOf: (workspaceId) => workspaceId,
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(workspaceIds) {
      const rows = await db.read<Row>(READ, [[...new Set(workspaceIds)]]);
      return workspaceIds.map((workspaceId) =>
        rows.filter((row) => row.workspace_id === workspaceId).map(toPipeline),
      );
    },
  });
}

async function read(trx: Transaction, workspaceId: Uuid): Promise<Pipeline[]> {
  const rows = await query<Row>(trx, READ_LOCKED, [workspaceId]);
  return rows.map(toPipeline);
}

async function get(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Pipeline> {
  return (await read(trx, workspaceId)).find((item) => item.id === id)!;
}

async function insert(
  { clock, newId }: StoreParts,
  trx: Transaction,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  { name, is_default: isDefault, stages }: PipelineInput,
): Promise<Uuid> {
  const id = newId();
  const at = isoTime(clock.now());
  if (isDefault) await clearDefault(trx, workspaceId);
  await query(trx, INSERT, [workspaceId, id, name, isDefault, actor, at]);
  await writeStages(trx, { workspaceId, pipelineId: id, stages, newId });
  return id;
}

async function applyChange(
  { clock, newId }: StoreParts,
  trx: Transaction,
  workspaceId: Uuid,
  current: Pipeline,
  change: PipelineChange,
): Promise<void> {
  const { id } = current;
  if (change.is_default === false && current.is_default)
    throw invalid('is_default', 'make another pipeline the default one instead');
  if (change.stages) await replaceStages(trx, { workspaceId, current, stages: change.stages, newId });
  if (change.is_default === true && !current.is_default) await clearDefault(trx, workspaceId);
  await query(trx, UPDATE, [
    change.name ?? current.name,
    change.is_default ?? current.is_default,
    isoTime(clock.now()),
    workspaceId,
    id,
  ]);
}

/** Locks the workspace's pipelines and returns one of them. Throws `not_found` or `precondition_failed`. */
async function lockPipeline(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<Pipeline> {
  await lock(trx, workspaceId);
  const pipeline = (await read(trx, workspaceId)).find((item) => item.id === id);
  if (!pipeline) throw new ApiError('not_found', 'There is no pipeline with this id.');
  if (expected && !expected.includes(pipeline.version)) {
    throw new ApiError(
      'precondition_failed',
      `The pipeline is at version ${pipeline.version}, not the one in If-Match.`,
    );
  }
  return pipeline;
}

/** Pipelines of a workspace are changed one at a time. */
async function lock(trx: Transaction, workspaceId: Uuid): Promise<void> {
  await query(trx, LOCK, [workspaceId]);
}

async function clearDefault(trx: Transaction, workspaceId: Uuid): Promise<void> {
  await query(trx, CLEAR_DEFAULT, [workspaceId]);
}
