import type {
  Active,
  Announcements,
  ClientRect,
  CollisionDetection,
  KeyboardCoordinateGetter,
  Over,
  UniqueIdentifier,
} from '@dnd-kit/core';
import { pointerWithin, rectIntersection } from '@dnd-kit/core';
import type { DealCard } from '../../../api/deal-queries.ts';

/** The targets below the columns, shown while a card is dragged. */
export const OUTCOMES = ['won', 'lost'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** A target of a drag: a stage by its id, or an outcome. */
export interface DropTarget {
  name: string;
}

export function isOutcome(id: UniqueIdentifier): id is Outcome {
  return OUTCOMES.some((outcome) => outcome === id);
}

/** The pointer decides for mouse and touch, the keyboard moves the card itself. Outcomes lie above the columns. */
export const detectTarget: CollisionDetection = (drag) => {
  const found = drag.pointerCoordinates ? pointerWithin(drag) : rectIntersection(drag);
  const outcome = found.find(({ id }) => isOutcome(id));
  return outcome ? [outcome] : found;
};

/** The distance of a card from the edge of its target, in pixels. */
const INSET = 8;

/** Left and right choose a column or an outcome; down goes from the columns to the outcomes, up goes back. */
export const adjacentTarget: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  if (!event.code.startsWith('Arrow')) return undefined;
  event.preventDefault();
  const at = context.over?.id;
  const targets = [...context.droppableRects].toSorted(([, item], [, other]) => item.left - other.left);
  const isAtOutcome = at !== undefined && isOutcome(at);
  const row = targets.filter(([id]) => isOutcome(id) === isAtOutcome);
  const otherRow = targets.filter(([id]) => isOutcome(id) !== isAtOutcome);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.code];
  const target =
    step !== undefined
      ? row[row.findIndex(([id]) => id === at) + step]?.[1]
      : (event.code === 'ArrowUp') === isAtOutcome
        ? nearest(otherRow, currentCoordinates.x)
        : undefined;
  return target && { x: target.left + INSET, y: target.top + INSET };
};

function nearest(targets: readonly [UniqueIdentifier, ClientRect][], x: number): ClientRect | undefined {
  const distance = ({ left, width }: ClientRect) => Math.abs(left + width / 2 - x);
  return targets.map(([, rect]) => rect).toSorted((item, other) => distance(item) - distance(other))[0];
}

export const INSTRUCTIONS =
  'Press Space to pick up the deal. Use the left and right arrow keys to choose a stage, and the down arrow key for Won and Lost. Press Space to drop it, or Escape to cancel.';

/** Screen reader announcements while a card is dragged. */
export const ANNOUNCEMENTS: Announcements = {
  onDragStart: ({ active }) => `Picked up ${nameOf(active)}.`,
  onDragOver: ({ active, over }) => (over ? `${nameOf(active)} is over ${targetOf(over)}.` : undefined),
  onDragEnd: ({ active, over }) =>
    over ? `Moved ${nameOf(active)} to ${targetOf(over)}.` : `${nameOf(active)} was not moved.`,
  onDragCancel: ({ active }) => `${nameOf(active)} was not moved.`,
};

function nameOf(active: Active): string {
  return (active.data.current as DealCard | undefined)?.name ?? 'The deal';
}

function targetOf(over: Over): string {
  return (over.data.current as DropTarget).name;
}
