import { useDraggable } from '@dnd-kit/core';
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconGripVertical } from '@tabler/icons-react';
import type { Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses } from '../../api/lead-status-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { Day } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { PersonName } from '../../record/person.tsx';
import classes from './lead-board.module.css';
import { ConvertedBadge } from './lead-converted.tsx';
import { leadName } from './lead-name.ts';

/** A lead on the board. */
export function LeadCard({ lead, onMove }: { lead: Lead; onMove: (to: string) => void }) {
  const mayWrite = useHasScope('leads:write');
  const { setNodeRef, setActivatorNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: lead.id,
    data: lead,
    disabled: !mayWrite,
  });
  return (
    // The mouse drags the whole card, the keyboard its handle.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      ref={setNodeRef}
      className={classes.card}
      data-dragging={isDragging || undefined}
      onMouseDown={listeners?.['onMouseDown'] as React.MouseEventHandler}
    >
      <CardFace lead={lead} />
      {mayWrite && (
        <div className={classes.tools}>
          <ActionIcon
            ref={setActivatorNodeRef}
            {...attributes}
            className={classes.handle}
            variant="subtle"
            color="gray"
            size="1.5rem"
            aria-label={`Pick up ${leadName(lead)}`}
            onKeyDown={listeners?.['onKeyDown'] as React.KeyboardEventHandler}
          >
            <IconGripVertical size={14} />
          </ActionIcon>
          <MoveMenu lead={lead} onMove={onMove} />
        </div>
      )}
    </li>
  );
}

/** The content of a card. */
export function CardFace({ lead }: { lead: Lead }) {
  return (
    <>
      <TextLink {...paths.record('leads', lead.id)} className={classes.name}>
        {leadName(lead)}
      </TextLink>
      <div className={classes.about}>
        {lead.event_type && <span>{lead.event_type}</span>}
        {lead.event_date && <Day date={lead.event_date} />}
        <ConvertedBadge lead={lead} />
      </div>
      {lead.owner_id && (
        <div className={classes.about}>
          <PersonName id={lead.owner_id} />
        </div>
      )}
    </>
  );
}

function MoveMenu({ lead, onMove }: { lead: Lead; onMove: (to: string) => void }) {
  const others = useLeadStatuses().filter(({ key }) => key !== lead.status);
  return (
    // A press in the menu must not start a drag.
    <span role="presentation" onMouseDown={(event) => event.stopPropagation()}>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="1.5rem" aria-label={`Move ${leadName(lead)}`}>
            <IconDots size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Move to</Menu.Label>
          {others.map(({ key, name }) => (
            <Menu.Item key={key} onClick={() => onMove(key)}>
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
