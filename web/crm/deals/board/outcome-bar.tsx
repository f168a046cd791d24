import { useDroppable } from '@dnd-kit/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import type { DropTarget, Outcome } from './deal-board-keys.ts';
import classes from './deal-board.module.css';

/** Where a dragged deal is won or lost. It is always in the document, so that its place is known when a drag begins. */
export function OutcomeBar({ isShown }: { isShown: boolean }) {
  return (
    <div className={classes.outcomes} data-shown={isShown || undefined} aria-hidden>
      <OutcomeTarget outcome="won" name="Won" />
      <OutcomeTarget outcome="lost" name="Lost" />
    </div>
  );
}

function OutcomeTarget({ outcome, name }: { outcome: Outcome; name: string }) {
  const target: DropTarget = { name };
  const { setNodeRef, isOver } = useDroppable({ id: outcome, data: target });
  const Icon = outcome === 'won' ? IconCheck : IconX;
  return (
    <div ref={setNodeRef} className={classes.outcome} data-outcome={outcome} data-over={isOver || undefined}>
      <Icon size={16} />
      {name}
    </div>
  );
}
