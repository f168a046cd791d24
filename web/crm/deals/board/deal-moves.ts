import { useCallback, useMemo, useRef, useState } from 'react';
import { deals, type DealCard, type DealTotal } from '../../../api/deal-queries.ts';
import { useUpdateRecord } from '../../../api/record-queries.ts';
import { notifyError } from '../../../ui/notify.tsx';

/** A card that is on its way, with the stage that it comes from. `to`: a stage, or null if it leaves the board. */
interface Move {
  card: DealCard;
  to: string | null;
}

/** The change that a move sends. */
type Change = { stage_id: string } | { status: 'won' } | { status: 'lost'; lost_reason: string | null };

export interface DealMoves {
  /** Cards that are moving, by id. */
  moving: ReadonlyMap<string, Move>;
  /** Moves a card; true if the API accepted it. Never rejects. */
  move: (card: DealCard, change: Change) => Promise<boolean>;
}

/** Moves deals optimistically; a move that the API rejects is undone, with a message. */
export function useDealMoves(): DealMoves {
  const [moving, setMoving] = useState<ReadonlyMap<string, Move>>(new Map());
  const { mutateAsync: update } = useUpdateRecord(deals);
  const underWay = useRef(new Set<string>());

  const move = useCallback(
    async (card: DealCard, change: Change) => {
      const to = 'stage_id' in change ? change.stage_id : null;
      if (card.stage_id === to || underWay.current.has(card.id)) return false;
      underWay.current.add(card.id);
      setMoving((before) => new Map(before).set(card.id, { card, to }));
      try {
        // Resolves once the lists are refetched.
        await update({ id: card.id, version: card.version, change });
        return true;
      } catch (error) {
        notifyError(error as Error);
        return false;
      } finally {
        underWay.current.delete(card.id);
        setMoving((before) => new Map([...before].filter(([id]) => id !== card.id)));
      }
    },
    [update],
  );
  return useMemo(() => ({ moving, move }), [moving, move]);
}

/** The loaded cards of a stage without those that are moving away; cards that are moving here come first. */
export function cardsWithMoves(
  cards: readonly DealCard[],
  stageId: string,
  { moving }: Pick<DealMoves, 'moving'>,
): readonly DealCard[] {
  if (moving.size === 0) return cards;
  const arriving = [...moving.values()].filter(({ to }) => to === stageId);
  return [
    ...arriving.map(({ card }) => ({ ...card, stage_id: stageId })),
    ...cards.filter(({ id }) => !moving.has(id)),
  ];
}

/** The totals as they will be after the moves. */
export function totalsWithMoves(
  totals: readonly DealTotal[],
  { moving }: Pick<DealMoves, 'moving'>,
): ReadonlyMap<string, DealTotal> {
  const byStage = new Map(totals.map((total) => [total.stage_id, total]));
  for (const { card, to } of moving.values()) {
    add(byStage, card.stage_id, card, -1);
    if (to !== null) add(byStage, to, card, 1);
  }
  return byStage;
}

function add(totals: Map<string, DealTotal>, stageId: string, { value, currency }: DealCard, sign: 1 | -1) {
  const total = totals.get(stageId) ?? { stage_id: stageId, count: 0, values: [] };
  const others = total.values.filter((sum) => sum.currency !== currency);
  const sum = total.values.find((item) => item.currency === currency);
  const values =
    value === null
      ? total.values
      : [...others, { currency, value: (sum?.value ?? 0) + sign * value, weighted_value: null }];
  totals.set(stageId, { ...total, count: total.count + sign, values });
}
