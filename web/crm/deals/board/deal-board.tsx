import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type { Query } from '../../../api/client.ts';
import { dealTotalsQuery, deals, type DealCard as Card, type Deal } from '../../../api/deal-queries.ts';
import type { ObjectType } from '../../../api/object-queries.ts';
import type { Pipeline } from '../../../api/pipeline-queries.ts';
import { useUpdateRecord } from '../../../api/record-queries.ts';
import { useHasScope } from '../../../api/session-queries.ts';
import { useListSearch } from '../../../record/list-search.ts';
import { RecordFormDrawer } from '../../../record/record-form-drawer.tsx';
import { notifyDone, notifyWhenDone } from '../../../ui/notify.tsx';
import { usePipelines } from '../stage-name.tsx';
import { BoardColumns } from './board-columns.tsx';
import { BoardSummary } from './board-summary.tsx';
import { totalsWithMoves, useDealMoves, type DealMoves } from './deal-moves.ts';
import { EmptyBoard } from './empty-board.tsx';

const LostForm = lazy(async () => ({ default: (await import('../lost-form.tsx')).LostForm }));

/** The open deals of a pipeline by stage. Cards move by mouse, touch, keyboard or from their menu. */
export function DealBoard({ object, filter }: { object: ObjectType; filter: Query }) {
  const pipelines = usePipelines();
  const [{ pipeline_id: chosen }, onSearch] = useListSearch();
  const pipeline = pipelines.find(({ id }) => id === chosen) ?? pipelines.find((item) => item.is_default);
  if (!pipeline) return null;
  return (
    <PipelineBoard
      // Another pipeline is another board.
      key={pipeline.id}
      object={object}
      pipeline={pipeline}
      pipelines={pipelines}
      filter={filter}
      onPipeline={(id) => onSearch({ pipeline_id: id })}
    />
  );
}

function PipelineBoard({
  object,
  pipeline,
  pipelines,
  filter: requested,
  onPipeline,
}: {
  object: ObjectType;
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
  filter: Query;
  onPipeline: (id: string) => void;
}) {
  const filter = useStable(requested);
  const mayWrite = useHasScope('deals:write');
  const { data: loaded } = useQuery(dealTotalsQuery(pipeline.id, filter));
  const { moving, move } = useDealMoves();
  const totals = useMemo(() => loaded && totalsWithMoves(loaded, { moving }), [loaded, moving]);
  const [losing, setLosing] = useState<Card | null>(null);
  const [newStage, setNewStage] = useState<string | null>(null);
  const win = useWin(move);
  const onMove = useCallback(
    (card: Card, target: string) => {
      if (target === 'won') void win(card);
      else if (target === 'lost') setLosing(card);
      else void move(card, { stage_id: target });
    },
    [move, win],
  );
  const isEmpty = totals && moving.size === 0 && [...totals.values()].every(({ count }) => count === 0);

  return (
    <>
      <BoardSummary pipeline={pipeline} pipelines={pipelines} totals={totals} onPipeline={onPipeline} />
      {isEmpty ? (
        <EmptyBoard
          pipelineName={pipelines.length > 1 ? pipeline.name : null}
          isFiltered={Object.values(filter).some(Boolean)}
          onCreate={mayWrite ? () => setNewStage(pipeline.stages[0]?.id ?? null) : undefined}
        />
      ) : (
        <BoardColumns
          pipeline={pipeline}
          filter={filter}
          totals={totals}
          moving={moving}
          mayWrite={mayWrite}
          onMove={onMove}
          onCreate={setNewStage}
        />
      )}
      {newStage !== null && (
        <RecordFormDrawer
          object={object}
          record={null}
          initial={{ pipeline_id: pipeline.id, stage_id: newStage }}
          onClose={() => setNewStage(null)}
          onSaved={(saved) => {
            setNewStage(null);
            notifyDone(`${(saved as unknown as Deal).name} created`);
          }}
        />
      )}
      <Suspense>
        {losing && (
          <LostForm
            deal={losing}
            onLost={(reason) => {
              void move(losing, { status: 'lost', lost_reason: reason });
            }}
            onClose={() => setLosing(null)}
          />
        )}
      </Suspense>
    </>
  );
}

/** Marks a deal as won, which can be undone. */
function useWin(move: DealMoves['move']): (card: Card) => Promise<void> {
  const { mutateAsync: update } = useUpdateRecord(deals);
  return useCallback(
    async (card: Card) => {
      if (!(await move(card, { status: 'won' }))) return;
      notifyDone(`${card.name} won`, {
        label: 'Undo',
        run: () => {
          const reopened = update({ id: card.id, version: card.version + 1, change: { status: 'open' } });
          notifyWhenDone(reopened, () => notifyDone(`${card.name} reopened`));
        },
      });
    },
    [move, update],
  );
}

/** The same object as long as its content is the same, so that columns are not drawn again. */
function useStable(filter: Query): Query {
  const text = JSON.stringify(filter);
  return useMemo(() => JSON.parse(text) as Query, [text]);
}
