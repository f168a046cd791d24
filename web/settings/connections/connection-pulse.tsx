import { Loader } from '@mantine/core';
import { IconCircleCheck, IconCircleMinus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import {
  connectionEventsQuery,
  type Connection,
  type ConnectionEvent,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { Moment } from '../../ui/relative-time.tsx';
import classes from './connection-page.module.css';

/** Whether events arrive: waits for the first one, then shows what the last one says of the set-up. */
export function ConnectionPulse({
  connection,
  kind,
}: {
  connection: Connection;
  kind: ConnectionKind | undefined;
}) {
  const { data: events = [] } = useInfiniteQuery(connectionEventsQuery(connection.id, undefined));
  const last = events.find(({ outcome }) => outcome !== 'refused');
  // A mail server, as one, sends no events.
  if (connection.urls.length === 0 || connection.state === 'disabled') return null;
  if (connection.state === 'waiting' && !kind) return null;
  return (
    <output className={classes.pulse}>
      {last ? (
        <LastEvent event={last} mode={modeText(connection)} />
      ) : (
        connection.state === 'waiting' && (
          <>
            <Loader size={14} aria-hidden /> Waiting for the first event of {kind?.label}…
          </>
        )
      )}
    </output>
  );
}

function LastEvent({ event, mode }: { event: ConnectionEvent; mode: string }) {
  const { type, outcome, reason, last_received_at: at } = event;
  const isUsed = outcome !== 'ignored';
  const Icon = isUsed ? IconCircleCheck : IconCircleMinus;
  return (
    <>
      <Icon size={17} className={isUsed ? classes.good : classes.calm} aria-hidden />
      <span>
        Received <span className={classes.type}>{type ?? 'an event'}</span> <Moment at={at} />, signature
        right
        {mode && `, ${mode}`}
        {!isUsed && reason !== null && `. It was ignored: ${reason}`}
      </span>
    </>
  );
}

/** As in `test mode`; empty for a kind without modes. */
function modeText({ settings: { mode } }: Connection): string {
  return typeof mode === 'string' ? `${mode} mode` : '';
}
