import { Button, Drawer, Skeleton, Stack, Title } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  connectionEventQuery,
  connectionEventsQuery,
  OUTCOMES,
  useApplyEvent,
  type Connection,
  type ConnectionEvent,
  type Outcome,
} from '../../api/connection-queries.ts';
import { paths } from '../../paths.ts';
import { useObject } from '../../api/object-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { FilterBar, SelectFilter } from '../../ui/filters.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './connection-page.module.css';
import { OutcomeBadge } from './connection-state.tsx';
import { timeText } from '../../ui/format.ts';

const OPTIONS = OUTCOMES.map((value) => ({ value, label: fieldLabel(value) }));

const column = columnsFor<ConnectionEvent>();
const columnsWith = (open: (event: ConnectionEvent) => void) =>
  column.columns([
    column.accessor('type', {
      header: 'Event',
      cell: ({ row }) => (
        <RowButton onClick={() => open(row.original)}>
          {row.original.type ?? 'Unverified request'}
          {row.original.count > 1 && ` (${row.original.count}×)`}
        </RowButton>
      ),
    }),
    column.accessor('outcome', {
      header: 'Outcome',
      meta: { width: '8rem' },
      cell: ({ getValue }) => <OutcomeBadge outcome={getValue()} />,
    }),
    column.accessor('reason', { header: 'Reason', meta: { width: '42%' } }),
    column.accessor('last_received_at', {
      header: 'Received',
      meta: { width: '9rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);

/**
 * What a connection received, newest first, updated live.
 * @param mayApply whether an event can be applied again
 */
export function ConnectionLog({ connection, mayApply }: { connection: Connection; mayApply: boolean }) {
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const list = useInfiniteQuery(connectionEventsQuery(connection.id, outcome));
  const [opened, open] = useState<ConnectionEvent | null>(null);
  const [columns] = useState(() => columnsWith(open));
  return (
    <section className={classes.log} aria-labelledby="log-title">
      <div className={classes.head}>
        <Title order={2} id="log-title">
          Received
        </Title>
      </div>
      {(outcome !== undefined || (list.data?.length ?? 0) > 0) && (
        <FilterBar>
          <SelectFilter
            label="Outcome"
            value={outcome}
            options={OPTIONS}
            onChange={(chosen) => setOutcome(OUTCOMES.find((item) => item === chosen))}
          />
        </FilterBar>
      )}
      <div aria-live="polite">
        <DataTable
          label="Received events"
          columns={columns}
          list={list}
          empty={
            <EmptyState icon={IconPlugConnected} title={emptyTitle(connection, outcome)}>
              {outcome === undefined &&
                'Events appear here as soon as they arrive, and are kept for 30 days.'}
            </EmptyState>
          }
        />
      </div>
      {opened && (
        <EventDetails connection={connection} event={opened} mayApply={mayApply} onClose={() => open(null)} />
      )}
    </section>
  );
}

function emptyTitle({ state }: Connection, outcome: Outcome | undefined): string {
  if (outcome !== undefined) return 'No matching events';
  return state === 'waiting' ? 'Waiting for the first event…' : 'No events in the last 30 days';
}

function EventDetails({
  connection,
  event,
  mayApply,
  onClose,
}: {
  connection: Connection;
  event: ConnectionEvent;
  mayApply: boolean;
  onClose: () => void;
}) {
  const object = useObject(event.record?.type ?? '');
  return (
    <Drawer
      opened
      onClose={onClose}
      size="34rem"
      title={event.type ?? 'Unverified request'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="lg">
        <PropertyList label="Event">
          <Property name="Outcome">
            <OutcomeBadge outcome={event.outcome} />
          </Property>
          <Property name="Reason">{event.reason}</Property>
          <Property name="Record">
            {event.record && object && (
              <TextLink {...paths.record(object.plural, event.record.id)}>{object.label}</TextLink>
            )}
          </Property>
          <Property name="Received">
            <Moment at={event.received_at} />
          </Property>
          {event.count > 1 && (
            <>
              <Property name="Requests">{String(event.count)}</Property>
              <Property name="Last">
                <Moment at={event.last_received_at} />
              </Property>
            </>
          )}
          {event.external_id !== null && (
            <Property name="External ID">
              <CopyText text={event.external_id} />
            </Property>
          )}
        </PropertyList>
        {mayApply && event.external_id !== null && event.outcome !== 'accepted' && (
          <ApplyButton connection={connection} event={event} onDone={onClose} />
        )}
        <Bodies connection={connection} event={event} />
      </Stack>
    </Drawer>
  );
}

/** For an event that was refused for a reason that no longer holds. */
function ApplyButton({
  connection,
  event,
  onDone,
}: {
  connection: Connection;
  event: ConnectionEvent;
  onDone: () => void;
}) {
  const { mutateAsync: apply, isPending } = useApplyEvent(connection.id);
  return (
    <Button
      variant="default"
      loading={isPending}
      onClick={() =>
        notifyWhenDone(apply(event.id), ({ outcome, reason }) => {
          notifyDone(reason ?? `Event ${outcome}`);
          onDone();
        })
      }
    >
      Apply again
    </Button>
  );
}

/** The body as it came; of unverified requests those that are kept. */
function Bodies({ connection, event }: { connection: Connection; event: ConnectionEvent }) {
  const { data, error, refetch } = useQuery(connectionEventQuery(connection.id, event.id));
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={120} />;
  if (data.unverified.length === 0)
    return data.payload === null ? null : <CodeBlock label="Body" code={formatted(data.payload)} />;
  return data.unverified.map(({ id, received_at: at, payload }) => (
    <CodeBlock key={id} label={`Body, received ${timeText(Date.parse(at))}`} code={formatted(payload)} />
  ));
}

function formatted(payload: unknown): string {
  return JSON.stringify(payload, null, 2);
}
