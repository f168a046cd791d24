import { useDroppable } from '@dnd-kit/core';
import { Skeleton, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Query } from '../../api/client.ts';
import { leadColumnQuery, type Lead } from '../../api/lead-queries.ts';
import type { LeadStatus } from '../../api/lead-status-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LoadMore } from '../../ui/load-more.tsx';
import classes from './lead-board.module.css';
import { LeadCard } from './lead-card.tsx';
import type { LeadMoves } from './lead-moves.ts';
import { numberText } from '../../ui/format.ts';

/** The leads of one status, with their number. */
export function LeadColumn({
  status,
  filter,
  moves,
}: {
  status: LeadStatus;
  filter: Query;
  moves: LeadMoves;
}) {
  const list = useInfiniteQuery(leadColumnQuery(status.key, filter));
  const { setNodeRef, isOver } = useDroppable({ id: status.key, data: status });
  const { cards, total } = withMoves(list.data, status.key, moves);
  const title = `leads-${status.id}`;

  return (
    <section
      ref={setNodeRef}
      className={classes.column}
      data-over={isOver || undefined}
      aria-labelledby={title}
    >
      <header className={classes.head}>
        <Title order={2} id={title}>
          {status.name}
        </Title>
        {list.data && <span className={classes.count}>{numberText(total)}</span>}
      </header>
      {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton height={72} />}
      {list.data && cards.length === 0 && (
        <Text size="sm" c="dimmed" className={classes.none}>
          No leads
        </Text>
      )}
      <ul className={classes.cards} aria-labelledby={title}>
        {cards.map((lead) => (
          <LeadCard key={lead.id} lead={lead} onMove={(to) => moves.move(lead, to)} />
        ))}
      </ul>
      <LoadMore list={list} variant="subtle" size="xs" fullWidth />
    </section>
  );
}

/** The loaded leads without those that are moving away; leads that are moving here come first. */
function withMoves(
  loaded: { leads: Lead[]; total: number } | undefined,
  status: string,
  { moving }: LeadMoves,
): { cards: Lead[]; total: number } {
  const existing = loaded?.leads ?? [];
  const remaining = existing.filter(({ id }) => !moving.has(id));
  const arriving = [...moving.values()].filter((lead) => lead.status === status);
  const cards = [...arriving, ...remaining];
  return { cards, total: (loaded?.total ?? 0) - existing.length + cards.length };
}
