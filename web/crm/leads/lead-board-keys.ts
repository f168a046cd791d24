import type { Active, Announcements, KeyboardCoordinateGetter, Over } from '@dnd-kit/core';
import type { Lead } from '../../api/lead-queries.ts';
import type { LeadStatus } from '../../api/lead-status-queries.ts';
import { leadName } from './lead-name.ts';

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
/** The distance of a card from the edge of its column, in pixels. */
const INSET = 8;

/** Moves a dragged card to the adjacent column with the arrow keys. */
export const adjacentColumn: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  if (event.code.startsWith('Arrow')) event.preventDefault();
  const step = STEPS[event.code];
  if (step === undefined) return undefined;
  const columns = [...context.droppableRects].toSorted(([, item], [, other]) => item.left - other.left);
  const at = columns.findIndex(([id]) => id === context.over?.id);
  const target = columns[at + step]?.[1];
  return target && { ...currentCoordinates, x: target.left + INSET };
};

export const INSTRUCTIONS =
  'Press Space to pick up the lead. Use the left and right arrow keys to choose a status. Press Space to drop it, or Escape to cancel.';

/** Screen reader announcements while a card is dragged. */
export const ANNOUNCEMENTS: Announcements = {
  onDragStart: ({ active }) => `Picked up ${nameOf(active)}.`,
  onDragOver: ({ active, over }) => (over ? `${nameOf(active)} is over ${columnOf(over)}.` : undefined),
  onDragEnd: ({ active, over }) =>
    over ? `Moved ${nameOf(active)} to ${columnOf(over)}.` : `${nameOf(active)} was not moved.`,
  onDragCancel: ({ active }) => `${nameOf(active)} was not moved.`,
};

function nameOf(active: Active): string {
  return leadName(active.data.current as Lead);
}

function columnOf(over: Over): string {
  return (over.data.current as LeadStatus).name;
}
