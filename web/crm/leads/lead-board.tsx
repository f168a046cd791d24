import {
  DndContext,
  DragOverlay,
  KeyboardSensor,
  MouseSensor,
  pointerWithin,
  rectIntersection,
  useSensor,
  useSensors,
  type CollisionDetection,
  type DragEndEvent,
} from '@dnd-kit/core';
import { useState } from 'react';
import type { Query } from '../../api/client.ts';
import type { Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses } from '../../api/lead-status-queries.ts';
import { ANNOUNCEMENTS, adjacentColumn, INSTRUCTIONS } from './lead-board-keys.ts';
import classes from './lead-board.module.css';
import { CardFace } from './lead-card.tsx';
import { LeadColumn } from './lead-column.tsx';
import { useLeadMoves } from './lead-moves.ts';

/** The pointer decides for a mouse; the keyboard moves the card itself. */
const detectColumn: CollisionDetection = (drag) =>
  drag.pointerCoordinates ? pointerWithin(drag) : rectIntersection(drag);

/** Leads by status. Cards move by mouse, by keyboard or from their menu. */
export function LeadBoard({ filter }: { filter: Query }) {
  const statuses = useLeadStatuses();
  const moves = useLeadMoves();
  const [dragged, setDragged] = useState<Lead | null>(null);
  const sensors = useSensors(
    // A click that moves by a few pixels still opens the lead.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: adjacentColumn }),
  );
  const drop = ({ active, over }: DragEndEvent) => {
    setDragged(null);
    if (over) moves.move(active.data.current as Lead, String(over.id));
  };

  return (
    <DndContext
      sensors={sensors}
      collisionDetection={detectColumn}
      accessibility={{
        announcements: ANNOUNCEMENTS,
        screenReaderInstructions: { draggable: INSTRUCTIONS },
      }}
      onDragStart={({ active }) => setDragged(active.data.current as Lead)}
      onDragEnd={drop}
      onDragCancel={() => setDragged(null)}
    >
      <div className={classes.board}>
        {statuses.map((status) => (
          <LeadColumn key={status.key} status={status} filter={filter} moves={moves} />
        ))}
      </div>
      <DragOverlay dropAnimation={null}>
        {dragged && (
          <div className={classes.card} data-dragged>
            <CardFace lead={dragged} />
          </div>
        )}
      </DragOverlay>
    </DndContext>
  );
}
