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
import { useState } from 'react';
import type { Query } from '../../../api/client.ts';
import type { DealCard as Card, DealTotal } from '../../../api/deal-queries.ts';
import type { Pipeline } from '../../../api/pipeline-queries.ts';
import { useBoardHeight } from './board-height.ts';
import { ANNOUNCEMENTS, adjacentTarget, detectTarget, INSTRUCTIONS } from './deal-board-keys.ts';
import classes from './deal-board.module.css';
import { CardFace, type MoveCard } from './deal-card.tsx';
import { DealColumn } from './deal-column.tsx';
import type { DealMoves } from './deal-moves.ts';
import { OutcomeBar } from './outcome-bar.tsx';

/** On a phone, a card near the edge would pass several columns at once. */
const GENTLE_SCROLL = { acceleration: 4 };
const ACCESSIBILITY = {
  announcements: ANNOUNCEMENTS,
  screenReaderInstructions: { draggable: INSTRUCTIONS },
};

/** The stages of a pipeline as columns, between which cards are dragged. */
export function BoardColumns({
  pipeline,
  filter,
  totals,
  moving,
  mayWrite,
  onMove,
  onCreate,
}: {
  pipeline: Pipeline;
  filter: Query;
  /** Undefined until they are loaded. */
  totals: ReadonlyMap<string, DealTotal> | undefined;
  moving: DealMoves['moving'];
  mayWrite: boolean;
  onMove: MoveCard;
  onCreate: (stageId: string) => void;
}) {
  const [dragged, setDragged] = useState<Card | null>(null);
  const board = useBoardHeight();
  const sensors = useSensors(
    // A click that moves by a few pixels still opens the deal.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    // A long press; a swipe scrolls.
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: adjacentTarget }),
  );
  const drop = ({ over }: DragEndEvent) => {
    setDragged(null);
    if (dragged && over) onMove(dragged, String(over.id));
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={detectTarget}
      autoScroll={GENTLE_SCROLL}
      accessibility={ACCESSIBILITY}
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
              total={totals && (totals.get(stage.id) ?? null)}
              moving={moving}
              mayWrite={mayWrite}
              draggedId={dragged?.stage_id === stage.id ? dragged.id : null}
              onMove={onMove}
              onCreate={onCreate}
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
  );
}
