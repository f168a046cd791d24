import {
  DndContext,
  DragOverlay,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
  type DragEndEvent,
} from '@dnd-kit/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type { Query } from '../../../api/client.ts';
import { dealTotalsQuery, deals, type DealCard as Card } from '../../../api/deal-queries.ts';
import type { Pipeline } from '../../../api/pipeline-queries.ts';
import { useUpdateRecord } from '../../../api/record-queries.ts';
import { useHasScope } from '../../../api/session-queries.ts';
import { useListSearch } from '../../../record/list-search.ts';
import { notifyDone, notifyWhenDone } from '../../../ui/notify.tsx';
import { usePipelines } from '../stage-name.tsx';
import { BoardSummary } from './board-summary.tsx';
import { ANNOUNCEMENTS, adjacentTarget, detectTarget, INSTRUCTIONS } from './deal-board-keys.ts';
import classes from './deal-board.module.css';
import { CardFace } from './deal-card.tsx';
import { DealColumn } from './deal-column.tsx';
import { totalsWithMoves, useDealMoves } from './deal-moves.ts';
import { OutcomeBar } from './outcome-bar.tsx';
import { useBoardHeight } from './board-height.ts';

const LostForm = lazy(async () => ({ default: (await import('../lost-form.tsx')).LostForm }));

/** On a phone, a card near the edge would pass several columns at once. */
const GENTLE_SCROLL = { acceleration: 4 };

/** The open deals of a pipeline by stage. Cards move by mouse, touch, keyboard or from their menu. */
export function DealBoard({ filter }: { filter: Query }) {
  const pipelines = usePipelines();
  const [{ pipeline_id: chosen }, onSearch] = useListSearch();
  const pipeline = pipelines.find(({ id }) => id === chosen) ?? pipelines.find((item) => item.is_default);
  if (!pipeline) return null;
  return (
    <PipelineBoard
      // Another pipeline is another board.
      key={pipeline.id}
      pipeline={pipeline}
      pipelines={pipelines}
      filter={filter}
      onPipeline={(id) => onSearch({ pipeline_id: id })}
    />
  );
}

function PipelineBoard({
  pipeline,
  pipelines,
  filter: requested,
  onPipeline,
}: {
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
  const { mutateAsync: update } = useUpdateRecord(deals);
  const [dragged, setDragged] = useState<Card | null>(null);
  const [losing, setLosing] = useState<Card | null>(null);
  const board = useBoardHeight();
  const sensors = useSensors(
    // A click that moves by a few pixels still opens the deal.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    // A long press; a swipe scrolls.
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: adjacentTarget }),
  );

  const win = useCallback(
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
  const onMove = useCallback(
    (card: Card, target: string) => {
      if (target === 'won') void win(card);
      else if (target === 'lost') setLosing(card);
      else void move(card, { stage_id: target });
    },
    [move, win],
  );
  const drop = ({ over }: DragEndEvent) => {
    setDragged(null);
    if (dragged && over) onMove(dragged, String(over.id));
  };

  return (
    <>
      <BoardSummary pipeline={pipeline} pipelines={pipelines} totals={totals} onPipeline={onPipeline} />
      <DndContext
        sensors={sensors}
        collisionDetection={detectTarget}
        autoScroll={GENTLE_SCROLL}
        accessibility={{
          announcements: ANNOUNCEMENTS,
          screenReaderInstructions: { draggable: INSTRUCTIONS },
        }}
        onDragStart={({ active }) => setDragged(active.data.current as Card)}
        onDragEnd={drop}
        onDragCancel={() => setDragged(null)}
      >
        <div className={classes.frame} ref={board}>
          <div className={classes.board}>
            {pipeline.stages.map((stage) => (
              <DealColumn
                key={stage.id}
                stage={stage}
                stages={pipeline.stages}
                filter={filter}
                total={totals && (totals.get(stage.id) ?? { stage_id: stage.id, count: 0, values: [] })}
                moving={moving}
                mayWrite={mayWrite}
                draggedId={dragged?.stage_id === stage.id ? dragged.id : null}
                onMove={onMove}
              />
            ))}
          </div>
          {mayWrite && <OutcomeBar isShown={dragged !== null} />}
        </div>
        <DragOverlay dropAnimation={null}>
          {dragged && (
            <div className={classes.card} data-dragged>
              <CardFace card={dragged} />
            </div>
          )}
        </DragOverlay>
      </DndContext>
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

/** The same object as long as its content is the same, so that columns are not drawn again. */
function useStable(filter: Query): Query {
  const text = JSON.stringify(filter);
  return useMemo(() => JSON.parse(text) as Query, [text]);
}
