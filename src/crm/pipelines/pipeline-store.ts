import { sql, type Transaction } from 'kysely';
import { coalesce } from '../../base/coalesce.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid, unavailable } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { TIMEOUT_MS, type Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import { FIRST_PIPELINE, type Pipeline } from './pipeline.ts';

/** Stages as a client orders them: one with an id stays, one without is made. */
export type StageInput = { id?: Uuid | undefined; name: string };

type Within = (trx: Transaction<Schema>, pipeline: Pipeline) => Promise<void>;

export interface Pipelines {
  /** All of a workspace, oldest first; never none: the first one is made when it is first asked for. */
  listFor(workspaceId: Uuid): Promise<Pipeline[]>;
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: { name: string; is_default: boolean; stages: StageInput[] },
    within: Within,
  ): Promise<Pipeline>;
  /**
   * Stages that are left out are removed. Throws `not_found`, `precondition_failed`, `conflict` where a removed stage
   * holds deals, and `validation_error` for a stage of another pipeline.
   */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: {
      name?: string | undefined;
      is_default?: boolean | undefined;
      stages?: StageInput[] | undefined;
    },
    expected: readonly number[] | null,
    within: Within,
  ): Promise<Pipeline>;
  /** Throws `not_found`, `precondition_failed`, and `conflict` for the default one or one that holds deals. */
  remove(workspaceId: Uuid, id: Uuid, expected: readonly number[] | null, within: Within): Promise<void>;
}

const SELECT = `
select p.workspace_id, p.id, p.version, p.name, p.is_default, p.created_by, p.created_at, p.updated_at,
       (select json_agg(json_build_object('id', s.id, 'name', s.name) order by s.position) from stage s
        where s.workspace_id = p.workspace_id and s.pipeline_id = p.id) as stages
from pipeline p`;

const READ = {
  name: 'pipeline.of',
  text: `${SELECT} where p.workspace_id = any($1::uuid[]) order by p.workspace_id, p.id`,
};

type Row = Pipeline & { workspace_id: Uuid };

function toPipeline({ workspace_id: _workspaceId, ...pipeline }: Row): Pipeline {
  return pipeline;
}

export function makePipelines({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): Pipelines {
  // Every new deal asks; what is asked together is read together.
  const lookUps = coalesce<Uuid, Pipeline[]>({
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

  async function listFor(workspaceId: Uuid): Promise<Pipeline[]> {
    const existing = await lookUps.add(workspaceId);
    if (existing.length > 0) return existing;
    const stages = FIRST_PIPELINE.stages.map((name) => ({ name }));
    await db.transaction(async (trx) => {
      await lock(trx, workspaceId);
      if ((await read(trx, workspaceId)).length > 0) return;
      const first = { name: FIRST_PIPELINE.name, is_default: true, stages };
      await insert(trx, { workspaceId, actor: 'system' }, first);
    });
    return lookUps.add(workspaceId);
  }

  async function read(trx: Transaction<Schema>, workspaceId: Uuid): Promise<Pipeline[]> {
    const { rows } = await sql<Row>`
      ${sql.raw(SELECT)} where p.workspace_id = ${workspaceId} order by p.id`.execute(trx);
    return rows.map(toPipeline);
  }

  async function insert(
    trx: Transaction<Schema>,
    { workspaceId, actor }: { workspaceId: Uuid; actor: string },
    { name, is_default: isDefault, stages }: { name: string; is_default: boolean; stages: StageInput[] },
  ): Promise<Uuid> {
    const id = newId();
    const at = isoTime(clock.now());
    if (isDefault) await noDefault(trx, workspaceId);
    await sql`insert into pipeline (workspace_id, id, name, is_default, created_by, created_at, updated_at)
              values (${workspaceId}, ${id}, ${name}, ${isDefault}, ${actor}, ${at}, ${at})`.execute(trx);
    await writeStages(trx, workspaceId, id, stages);
    return id;
  }

  /** Writes all stages in their new order. */
  async function writeStages(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    pipelineId: Uuid,
    stages: StageInput[],
  ): Promise<void> {
    for (const [position, { id, name }] of stages.entries()) {
      await sql`insert into stage (workspace_id, id, pipeline_id, name, position)
                values (${workspaceId}, ${id ?? newId()}, ${pipelineId}, ${name}, ${position})
                on conflict (workspace_id, id) do update set name = excluded.name, position = excluded.position
                where stage.pipeline_id = excluded.pipeline_id`.execute(trx);
    }
  }

  async function find(
    trx: Transaction<Schema>,
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

  return {
    listFor,

    async create(writer, input, within) {
      checkStages(input.stages, []);
      await listFor(writer.workspaceId);
      return db.transaction(async (trx) => {
        await lock(trx, writer.workspaceId);
        const id = await insert(trx, writer, input);
        const made = (await read(trx, writer.workspaceId)).find((item) => item.id === id)!;
        await within(trx, made);
        return made;
      });
    },

    update(workspaceId, id, change, expected, within) {
      return db.transaction(async (trx) => {
        const current = await find(trx, workspaceId, id, expected);
        if (change.is_default === false && current.is_default)
          throw invalid('is_default', 'make another pipeline the default one instead');
        if (change.stages) {
          checkStages(change.stages, current.stages);
          const kept = new Set(change.stages.map((stage) => stage.id));
          const gone = current.stages.filter((stage) => !kept.has(stage.id)).map((stage) => stage.id);
          await writeStages(trx, workspaceId, id, change.stages);
          const first = (await read(trx, workspaceId))
            .find((item) => item.id === id)!
            .stages.find((stage) => !gone.includes(stage.id))!;
          await removeStages(trx, workspaceId, gone, { pipelineId: id, stageId: first.id });
        }
        if (change.is_default === true && !current.is_default) await noDefault(trx, workspaceId);
        await sql`
          update pipeline set name = ${change.name ?? current.name}, version = version + 1,
                 is_default = ${change.is_default ?? current.is_default}, updated_at = ${isoTime(clock.now())}
          where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
        const next = (await read(trx, workspaceId)).find((item) => item.id === id)!;
        await within(trx, next);
        return next;
      });
    },

    async remove(workspaceId, id, expected, within) {
      await db.transaction(async (trx) => {
        const pipeline = await find(trx, workspaceId, id, expected);
        if (pipeline.is_default) throw new ApiError('conflict', 'The default pipeline can not be deleted.');
        const main = (await read(trx, workspaceId)).find((item) => item.is_default)!;
        await removeStages(
          trx,
          workspaceId,
          pipeline.stages.map((stage) => stage.id),
          { pipelineId: main.id, stageId: main.stages[0]!.id },
        );
        await sql`delete from pipeline where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
        await within(trx, pipeline);
      });
    },
  };
}

/** Pipelines of a workspace are changed one at a time. */
async function lock(trx: Transaction<Schema>, workspaceId: Uuid): Promise<void> {
  await sql`select from workspace where id = ${workspaceId} for no key update`.execute(trx);
}

async function noDefault(trx: Transaction<Schema>, workspaceId: Uuid): Promise<void> {
  await sql`update pipeline set is_default = false where workspace_id = ${workspaceId} and is_default`.execute(
    trx,
  );
}

function checkStages(requested: readonly StageInput[], current: readonly { id: Uuid }[]): void {
  const seen = new Set<Uuid>();
  requested.forEach(({ id }, at) => {
    if (id === undefined) return;
    if (!current.some((stage) => stage.id === id))
      throw invalid(`stages.${at}.id`, 'is not a stage of this pipeline');
    if (seen.has(id)) throw invalid(`stages.${at}.id`, 'is given twice');
    seen.add(id);
  });
}

/**
 * Removes stages that hold no deals. They are locked first: a deal on its way into one holds its key until it has
 * committed, and is then seen; one that comes later finds no stage (its foreign key says so). What is left of deleted
 * deals goes to `elsewhere`.
 */
async function removeStages(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  ids: Uuid[],
  elsewhere: { pipelineId: Uuid; stageId: Uuid },
): Promise<void> {
  if (ids.length === 0) return;
  await sql`select from stage where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) order by id for update`.execute(
    trx,
  );
  const { rows } = await sql<{ name: string; deals: number }>`
    select s.name, count(*)::int as deals from deal d
    join stage s on s.workspace_id = d.workspace_id and s.id = d.stage_id
    where d.workspace_id = ${workspaceId} and d.stage_id = any(${ids}::uuid[]) and d.deleted_at is null
    group by s.id, s.name, s.position order by s.position`.execute(trx);
  if (rows[0]) {
    const { name, deals } = rows[0];
    throw new ApiError('conflict', `The stage ${name} holds ${deals} deals; move them first.`);
  }
  await sql`update deal set pipeline_id = ${elsewhere.pipelineId}, stage_id = ${elsewhere.stageId}
            where workspace_id = ${workspaceId} and stage_id = any(${ids}::uuid[]) and deleted_at is not null`.execute(
    trx,
  );
  await sql`delete from stage where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`.execute(trx);
}
