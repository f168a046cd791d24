import type { Active, Announcements, KeyboardCoordinateGetter, Over } from '@dnd-kit/core';
import type { Lead } from '../../api/lead-queries.ts';
import type { LeadStatus } from '../../api/lead-status-queries.ts';
import { leadName } from './lead-name.ts';

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
/** Of the card's edge from that of its column, in pixels. */
const INSET = 8;

/** Where a card goes that an arrow key moves: into the column beside. */
export const columnBeside: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  if (event.code.startsWith('Arrow')) event.preventDefault();
  const step = STEPS[event.code];
  if (step === undefined) return undefined;
  const columns = [...context.droppableRects].toSorted(([, item], [, other]) => item.left - other.left);
  const at = columns.findIndex(([id]) => id === context.over?.id);
  const beside = columns[at + step]?.[1];
  return beside && { ...currentCoordinates, x: beside.left + INSET };
};

export const INSTRUCTIONS =
  'Press Space to pick the lead up, the left and right arrow keys to choose a status, Space to put it there, Escape to leave it where it was.';

/** What a screen reader says of a card on its way. */
export const ANNOUNCEMENTS: Announcements = {
  onDragStart: ({ active }) => `Picked up ${nameOf(active)}.`,
  onDragOver: ({ active, over }) => (over ? `${nameOf(active)} is over ${columnOf(over)}.` : undefined),
  onDragEnd: ({ active, over }) =>
    over ? `${nameOf(active)} was put into ${columnOf(over)}.` : `${nameOf(active)} stays where it was.`,
  onDragCancel: ({ active }) => `${nameOf(active)} stays where it was.`,
};

function nameOf(active: Active): string {
  return leadName(active.data.current as Lead);
}

function columnOf(over: Over): string {
  return (over.data.current as LeadStatus).name;
}
