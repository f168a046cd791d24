import { useDraggable, type DraggableAttributes } from '@dnd-kit/core';
import { Menu } from '@mantine/core';
import { IconCheck, IconDots, IconGripVertical, IconX } from '@tabler/icons-react';
import { memo, useState, type CSSProperties } from 'react';
import type { DealCard as Card } from '../../../api/deal-queries.ts';
import type { PipelineStage } from '../../../api/pipeline-queries.ts';
import { paths } from '../../../paths.ts';
import { useMembers } from '../../../record/person.tsx';
import { sumText, today } from '../../../ui/format.ts';
import { Day } from '../../../ui/relative-time.tsx';
import { TextLink } from '../../../ui/router-links.tsx';
import classes from './deal-board.module.css';

/** @param target the id of a stage, or an outcome */
export type MoveCard = (card: Card, target: string) => void;

interface CardProps {
  card: Card;
  stages: readonly PipelineStage[];
  mayWrite: boolean;
  onMove: MoveCard;
  /** Position in the column, from 1, and the number of its cards: only some of them are in the document. */
  position: number;
  count: number;
  top: number;
}

/** A deal on the board. Mouse and touch drag the whole card, the keyboard its handle. */
export const DealCard = memo(function DealCard(props: CardProps) {
  const { card, stages, mayWrite, onMove, position, count, top } = props;
  const { setNodeRef, setActivatorNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: card.id,
    data: card,
    disabled: !mayWrite,
  });
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      ref={setNodeRef}
      className={classes.card}
      style={{ '--top': `${top}px` } as CSSProperties}
      data-dragging={isDragging || undefined}
      aria-posinset={position}
      aria-setsize={count}
      onMouseDown={listeners?.['onMouseDown'] as React.MouseEventHandler}
      onTouchStart={listeners?.['onTouchStart'] as React.TouchEventHandler}
    >
      <CardFace card={card} />
      {mayWrite && (
        <CardTools
          card={card}
          stages={stages}
          onMove={onMove}
          handleRef={setActivatorNodeRef}
          handle={attributes}
          onKeyDown={listeners?.['onKeyDown'] as React.KeyboardEventHandler}
        />
      )}
    </li>
  );
});

/** Apart from the card: every step of a drag draws all cards again, but not what is on them. */
const CardTools = memo(function CardTools({
  handleRef,
  handle,
  onKeyDown,
  ...props
}: Pick<CardProps, 'card' | 'stages' | 'onMove'> & {
  handleRef: (element: HTMLElement | null) => void;
  handle: DraggableAttributes;
  onKeyDown: React.KeyboardEventHandler;
}) {
  return (
    <div className={classes.tools}>
      <button
        type="button"
        ref={handleRef}
        {...handle}
        className={classes.tool}
        data-handle
        aria-label={`Pick up ${props.card.name}`}
        onKeyDown={onKeyDown}
      >
        <IconGripVertical size={14} />
      </button>
      <MoveMenu {...props} />
    </div>
  );
});

/** The content of a card: always three lines, since all cards have the same height. */
export const CardFace = memo(function CardFace({ card }: { card: Card }) {
  const { name, value, currency, company, contact, expected_close_date: closes } = card;
  const about = [company?.name, contact?.name].filter(Boolean).join(' · ');
  return (
    <>
      <TextLink {...paths.record('deals', card.id)} className={classes.name} title={name} preload={false}>
        {name}
      </TextLink>
      <div className={classes.about}>
        <span className={classes.company}>{about}</span>
        <Owner id={card.owner_id} />
      </div>
      <div className={classes.facts}>
        <span className={classes.value}>{value === null ? '' : sumText(value, currency)}</span>
        {closes !== null && (
          <span className={classes.date} data-overdue={closes < today() || undefined}>
            <Day date={closes} />
          </span>
        )}
      </div>
    </>
  );
});

/** The initials of the owner. */
function Owner({ id }: { id: string | null }) {
  const name = useMembers().find((member) => member.id === id)?.name;
  if (name === undefined) return null;
  const initials = name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => Array.from(word)[0])
    .filter((_letter, at, all) => at === 0 || at === all.length - 1)
    .join('');
  return (
    <abbr className={classes.owner} title={name}>
      {initials}
    </abbr>
  );
}

/** The menu is drawn when it is opened for the first time: a board has hundreds of cards. */
function MoveMenu({ card, stages, onMove }: Pick<CardProps, 'card' | 'stages' | 'onMove'>) {
  const [state, setState] = useState<'never' | 'open' | 'closed'>('never');
  const button = (
    <button
      type="button"
      className={classes.tool}
      aria-label={`Move ${card.name}`}
      aria-haspopup="menu"
      onClick={() => setState(state === 'open' ? 'closed' : 'open')}
    >
      <IconDots size={14} />
    </button>
  );
  const hold = (event: React.SyntheticEvent) => event.stopPropagation();
  return (
    // A press in the menu must not start a drag.
    <span role="presentation" onMouseDown={hold} onTouchStart={hold}>
      {state === 'never' ? (
        button
      ) : (
        <Menu opened={state === 'open'} onClose={() => setState('closed')} position="bottom-end">
          <Menu.Target>{button}</Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Move to</Menu.Label>
            {stages
              .filter(({ id }) => id !== card.stage_id)
              .map(({ id, name }) => (
                <Menu.Item key={id} onClick={() => onMove(card, id)}>
                  {name}
                </Menu.Item>
              ))}
            <Menu.Divider />
            <Menu.Item leftSection={<IconCheck size={15} />} onClick={() => onMove(card, 'won')}>
              Won
            </Menu.Item>
            <Menu.Item leftSection={<IconX size={15} />} onClick={() => onMove(card, 'lost')}>
              Lost
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </span>
  );
}
