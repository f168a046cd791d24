import { IconLayoutKanban, IconTable } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { ObjectType } from '../../api/object-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { useListSearch } from '../../record/list-search.ts';
import { RecordList } from '../../record/record-list.tsx';
import { ViewSwitch } from '../../ui/view-switch.tsx';
import { usePipelines } from './stage-name.tsx';

/** Loaded on demand: the drag-and-drop library is needed by the board only. */
const DealBoard = lazy(async () => ({ default: (await import('./board/deal-board.tsx')).DealBoard }));

/** The board shows the open deals of one pipeline, with its stages as columns. */
const HIDDEN_ON_BOARD = ['status', 'pipeline_id', 'stage_id'];

const VIEWS = [
  { value: 'board', label: 'Board', icon: IconLayoutKanban },
  { value: 'table', label: 'Table', icon: IconTable },
] as const;

/** All deals, as a board by stage or as a table. */
export function DealList({ object }: { object: ObjectType }) {
  const [{ view, status, stage_id: stageId, pipeline_id: pipelineId }, onSearch] = useListSearch();
  const pipeline = usePipelines().find(({ id }) => id === pipelineId);
  const mayShowBoard = useHasScope('pipelines:read');
  // A link to closed deals, or to those of one stage, is to a table.
  const isBoard = mayShowBoard && view !== 'table' && status === undefined && stageId === undefined;
  return (
    <RecordList
      object={object}
      hiddenFilters={isBoard ? HIDDEN_ON_BOARD : undefined}
      initial={pipeline && { pipeline_id: pipeline.id, stage_id: pipeline.stages[0]?.id ?? null }}
      tools={
        mayShowBoard && (
          <ViewSwitch
            views={VIEWS}
            value={isBoard ? 'board' : 'table'}
            onChange={(chosen) =>
              onSearch(
                chosen === 'table'
                  ? { view: chosen, pipeline_id: undefined }
                  : { view: undefined, status: undefined, stage_id: undefined },
              )
            }
          />
        )
      }
      customView={
        isBoard
          ? (filter) => (
              <Suspense>
                <DealBoard object={object} filter={filter} />
              </Suspense>
            )
          : undefined
      }
    />
  );
}
