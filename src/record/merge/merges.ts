import type { Database } from '../../db/pool.ts';
import type { Route } from '../../http/route.ts';
import type { JobType } from '../../jobs/job.ts';
import type { ModuleParts } from '../module.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import type { RecordAnswer } from '../record-answer.ts';
import type { RecordService } from '../record-service.ts';
import { lateRowsJob, SETTLE_MS } from './late-rows.ts';
import { mergeRoutes } from './merge-routes.ts';
import { movedColumns, type MergedTable, type MovedColumn } from './moved-columns.ts';
import type { AfterMerge } from './record-merge.ts';
import { UNMERGEABLE_DAYS } from './record-unmerge.ts';

interface MergesParts extends ModuleParts {
  nouns: readonly Noun[];
  serviceOf(noun: Noun): RecordService<BaseRecord, object>;
  shownAs(noun: Noun): RecordAnswer<BaseRecord>;
  /** Columns of tables that are no nouns, with a label as in `submissions`. */
  further: readonly MergedTable[];
  /** By noun. */
  afterMerge: Readonly<Record<string, AfterMerge>>;
}

/** Merges of records (RC5): the routes of the nouns that have them, and the job that moves late references. */
export function makeMerges(parts: MergesParts): { routes: Route[]; jobTypes: JobType[] } {
  const { nouns, serviceOf, shownAs, further, afterMerge, jobs, clock } = parts;
  const columns = movedColumns(nouns, further);
  const job = lateRowsJob(columns);
  const moves = [
    ...columns.flatMap((column) => {
      const noun = nouns.find(({ name }) => name === column.rows);
      if (!noun) return [];
      return [{ ...column, label: noun.pluralLabel.toLowerCase(), scope: `${noun.plural}:read` }];
    }),
    ...further.map((column) => {
      const { plural } = nouns.find(({ name }) => name === column.object)!;
      return { ...column, scope: `${plural}:read` };
    }),
  ];
  const routes = nouns
    .filter(({ mergeRules }) => mergeRules)
    .flatMap((noun) => {
      const isOfNoun = ({ object }: MovedColumn) => object === noun.name;
      const mergeParts = {
        ...parts,
        columns: columns.filter(isOfNoun),
        moves: moves.filter(isOfNoun),
        afterMerge: afterMerge[noun.name],
        async moveLateRows(
          ...[trx, workspaceId]: Parameters<Parameters<typeof mergeRoutes>[0]['moveLateRows']>
        ) {
          const runAt = new Date(clock.now() + SETTLE_MS).toISOString();
          await jobs.enqueue(job, {}, { workspaceId, uniqueKey: 'merges', runAt, trx });
        },
      };
      return mergeRoutes(mergeParts, serviceOf(noun), shownAs(noun));
    });
  return { routes, jobTypes: [job] };
}

const DROP_OLD = {
  name: 'record_merge.drop-old',
  text: `update record_merge set contribution = null, moved = null
         where contribution is not null and merged_at < now() - interval '${UNMERGEABLE_DAYS} days'`,
};

/** Drops what only the undo of a merge needs, once it cannot be undone. @returns how many merges */
export async function dropOldMerges(db: Database): Promise<number> {
  const { rowCount } = await db.pool.query({ ...DROP_OLD, values: [] });
  return rowCount ?? 0;
}
