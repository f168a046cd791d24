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
import { ANNOUNCEMENTS, columnBeside, INSTRUCTIONS } from './lead-board-keys.ts';
import classes from './lead-board.module.css';
import { CardFace } from './lead-card.tsx';
import { LeadColumn } from './lead-column.tsx';
import { useLeadMoves } from './lead-moves.ts';

/** The mouse says where it is; the keyboard moves the card itself. */
const underCard: CollisionDetection = (drag) =>
  drag.pointerCoordinates ? pointerWithin(drag) : rectIntersection(drag);

/** Leads by status: a card is moved by mouse, by keyboard, or from its menu. */
export function LeadBoard({ filter }: { filter: Query }) {
  const statuses = useLeadStatuses();
  const moves = useLeadMoves();
  const [carried, carry] = useState<Lead | null>(null);
  const sensors = useSensors(
    // A click that trembles opens the lead, and drags nothing.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: columnBeside }),
  );
  const drop = ({ active, over }: DragEndEvent) => {
    carry(null);
    if (over) moves.move(active.data.current as Lead, String(over.id));
  };

  return (
    <DndContext
      sensors={sensors}
      collisionDetection={underCard}
      accessibility={{
        announcements: ANNOUNCEMENTS,
        screenReaderInstructions: { draggable: INSTRUCTIONS },
      }}
      onDragStart={({ active }) => carry(active.data.current as Lead)}
      onDragEnd={drop}
      onDragCancel={() => carry(null)}
    >
      <div className={classes.board}>
        {statuses.map((status) => (
          <LeadColumn key={status.key} status={status} filter={filter} moves={moves} />
        ))}
      </div>
      <DragOverlay dropAnimation={null}>
        {carried && (
          <div className={classes.card} data-carried>
            <CardFace lead={carried} />
          </div>
        )}
      </DragOverlay>
    </DndContext>
  );
}
