import { useDroppable } from '@dnd-kit/core';
import { Skeleton, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { memo, useEffect, type ReactNode } from 'react';
import type { Query } from '../../../api/client.ts';
import { dealColumnQuery, type DealTotal } from '../../../api/deal-queries.ts';
import type { PipelineStage } from '../../../api/pipeline-queries.ts';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { numberText, sumText } from '../../../ui/format.ts';
import { useCardWindow } from './card-window.ts';
import type { DropTarget } from './deal-board-keys.ts';
import classes from './deal-board.module.css';
import { DealCard, type MoveCard } from './deal-card.tsx';
import { cardsWithMoves, type DealMoves } from './deal-moves.ts';

/** The height of a card with its gap; the same as in the styles. */
const ROW_REM = 5.5;
/** The next page is read when only this many cards are left to scroll to. */
const READ_AHEAD = 20;

/** The open deals of a stage, with their number and the sums of their values. */
export const DealColumn = memo(function DealColumn({
  stage,
  stages,
  filter,
  total,
  moving,
  mayWrite,
  draggedId,
  onMove,
  onCreate,
}: {
  stage: PipelineStage;
  stages: readonly PipelineStage[];
  filter: Query;
  /** Null if there are none; undefined until it is loaded. */
  total: DealTotal | null | undefined;
  moving: DealMoves['moving'];
  mayWrite: boolean;
  /** The card that is dragged, if any: it stays in the document, where touch events are sent to. */
  draggedId: string | null;
  onMove: MoveCard;
  /** Opens the form of a new deal in a stage. */
  onCreate: (stageId: string) => void;
}) {
  const list = useInfiniteQuery(dealColumnQuery(stage.id, filter));
  const { scroller, range, rowHeight } = useCardWindow(ROW_REM);
  const cards = cardsWithMoves(list.data ?? NONE, stage.id, { moving });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const isNearEnd = range.end + READ_AHEAD >= cards.length;
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const count = Math.max(total?.count ?? 0, cards.length);
  const title = `deals-${stage.id}`;
  return (
    <ColumnTarget stage={stage} title={title}>
      <header className={classes.head}>
        <div className={classes.stage}>
          <Title order={2} id={title} className={classes.stageName} title={stage.name}>
            {stage.name}
          </Title>
          {total !== undefined && <span className={classes.count}>{numberText(total?.count ?? 0)}</span>}
          {mayWrite && (
            <button
              type="button"
              className={classes.tool}
              data-create
              aria-label={`New deal in ${stage.name}`}
              title={`New deal in ${stage.name}`}
              onClick={() => onCreate(stage.id)}
            >
              <IconPlus size={15} aria-hidden />
            </button>
          )}
        </div>
        <ColumnSums total={total} />
      </header>
      <div ref={scroller} className={classes.scroller}>
        {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
        {!list.data && !list.error && <Skeleton height={80} />}
        {list.data && cards.length === 0 && (
          <Text size="sm" c="dimmed" className={classes.none}>
            No deals
          </Text>
        )}
        <ul className={classes.cards} aria-labelledby={title} style={{ height: cards.length * rowHeight }}>
          {cards.map((card, at) =>
            (at >= range.first && at < range.end) || card.id === draggedId ? (
              <DealCard
                key={card.id}
                card={card}
                stages={stages}
                mayWrite={mayWrite}
                onMove={onMove}
                position={at + 1}
                count={count}
                top={at * rowHeight}
              />
            ) : null,
          )}
        </ul>
      </div>
    </ColumnTarget>
  );
});

/** Apart from the cards: each step of a drag draws the targets again, but not what is in them. */
function ColumnTarget({
  stage,
  title,
  children,
}: {
  stage: PipelineStage;
  title: string;
  children: ReactNode;
}) {
  const target: DropTarget = stage;
  const { setNodeRef, isOver } = useDroppable({ id: stage.id, data: target });
  return (
    <section
      ref={setNodeRef}
      className={classes.column}
      data-over={isOver || undefined}
      aria-labelledby={title}
    >
      {children}
    </section>
  );
}

const NONE: readonly never[] = [];

function ColumnSums({ total }: { total: DealTotal | null | undefined }) {
  const sums = (total?.values ?? []).filter(({ value }) => value !== 0);
  const text = sums.map(({ value, currency }) => sumText(value, currency)).join(' · ');
  return (
    <div className={classes.sums} title={text}>
      {text}
    </div>
  );
}
