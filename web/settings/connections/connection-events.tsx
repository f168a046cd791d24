import { Button, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { Connection, ConnectionKind } from '../../api/connection-queries.ts';
import { numberText } from '../../ui/format.ts';
import { useCopy } from '../../ui/use-copy.ts';
import classes from './connection-page.module.css';

/** The events to select in the other system; folded once the first one has arrived. */
export function ConnectionEvents({
  connection: { state },
  kind: { events },
}: {
  connection: Connection;
  kind: ConnectionKind;
}) {
  const [isShown, show] = useDisclosure(state === 'waiting');
  const { copied, copy } = useCopy();
  if (events.length === 0) return null;
  return (
    <section className={classes.events} aria-labelledby="events-title">
      <div className={classes.eventsHead}>
        <Title order={2} id="events-title">
          Events to select <span className={classes.count}>{numberText(events.length)}</span>
        </Title>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={() => void copy(events.join('\n'))}
        >
          {copied ? 'Copied' : 'Copy list'}
        </Button>
      </div>
      {isShown ? (
        <ul aria-labelledby="events-title">
          {events.map((event) => (
            <li key={event}>{event}</li>
          ))}
        </ul>
      ) : (
        <Button variant="subtle" size="compact-sm" ml={-7} onClick={show.open}>
          Show the list
        </Button>
      )}
    </section>
  );
}
