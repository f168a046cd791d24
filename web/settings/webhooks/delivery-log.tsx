import { Button, Checkbox, Group, Text } from '@mantine/core';
import { IconRefresh, IconSend, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import {
  deliveriesQuery,
  DELIVERY_STATES,
  useResendAll,
  type Delivery,
  type DeliveryFilter,
} from '../../api/delivery-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { FilterBar, SelectFilter } from '../../ui/filters.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { MomentFilter } from '../../ui/time-filter.tsx';
import { notifyWhenDone, notifyDone, notifyError } from '../../ui/notify.tsx';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { DeliveryState } from './delivery-state.tsx';
import { EventTypeFilter } from './event-type-filter.tsx';
import { WebhookName } from './webhook-name.tsx';

const STATES = DELIVERY_STATES.map((value) => ({ value, label: fieldLabel(value) }));

/** The deliveries of one webhook or all, newest first. A row opens its attempts; several can be resent. */
export function DeliveryLog({
  webhookId,
  search,
  onSearch,
}: {
  /** Null for all webhooks of the workspace. */
  webhookId: string | null;
  search: DeliveryFilter;
  onSearch: (change: DeliveryFilter) => void;
}) {
  const list = useInfiniteQuery(deliveriesQuery(webhookId, search));
  const [opened, setOpened] = useState<string | null>(null);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const mayManage = useHasScope('webhooks:manage');
  const columns = useMemo(
    () =>
      deliveryColumns({
        open: setOpened,
        isWorkspace: webhookId === null,
        ...(mayManage && {
          selected,
          toggle: (id: string) =>
            setSelected((ids) => (ids.includes(id) ? ids.filter((item) => item !== id) : [...ids, id])),
        }),
      }),
    [selected, mayManage, webhookId],
  );
  const isFiltered = Object.values(search).some((value) => value !== undefined);

  return (
    <>
      <FilterBar>
        <SelectFilter
          label="State"
          value={search.state}
          options={STATES}
          onChange={(state) => onSearch({ state: DELIVERY_STATES.find((item) => item === state) })}
        />
        <EventTypeFilter
          value={search.event_type}
          withTest
          onChange={(type) => onSearch({ event_type: type })}
        />
        <MomentFilter label="Since" value={search.since} onChange={(since) => onSearch({ since })} />
        <MomentFilter label="Until" value={search.until} onChange={(until) => onSearch({ until })} />
        {search.event_id !== undefined && (
          <Button
            variant="default"
            rightSection={<IconX size={14} />}
            aria-label="Show deliveries of all events"
            onClick={() => onSearch({ event_id: undefined })}
          >
            One event
          </Button>
        )}
      </FilterBar>
      {selected.length > 0 && <SelectionBar ids={selected} onDone={() => setSelected([])} />}
      <DataTable
        label="Deliveries"
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={IconSend} title={isFiltered ? 'No matching deliveries' : 'No deliveries yet'}>
            {!isFiltered && 'Deliveries appear here after an event or a test.'}
          </EmptyState>
        }
      />
      {opened !== null && <DeliveryDrawer id={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

/** The actions on selected rows. */
function SelectionBar({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const { mutateAsync: resend, isPending } = useResendAll();
  const send = () =>
    notifyWhenDone(resend(ids), ({ sent, errors }) => {
      if (sent > 0) notifyDone(`Resending ${sent} ${sent === 1 ? 'delivery' : 'deliveries'}`);
      if (errors[0]) notifyError(errors[0]);
      onDone();
    });
  return (
    <Group gap="sm" px="var(--page-x)" pb="sm">
      <Button size="xs" leftSection={<IconRefresh size={14} />} loading={isPending} onClick={send}>
        Resend {ids.length}
      </Button>
      <Button size="xs" variant="default" onClick={onDone}>
        Clear
      </Button>
      <Text size="xs" c="dimmed">
        Event IDs stay the same, so that receivers can detect duplicates.
      </Text>
    </Group>
  );
}

function deliveryColumns({
  open,
  isWorkspace,
  selected,
  toggle,
}: {
  open: (id: string) => void;
  isWorkspace: boolean;
  /** Ids of the selected rows; omitted if selection is not allowed. */
  selected?: readonly string[];
  toggle?: (id: string) => void;
}) {
  const column = columnsFor<Delivery>();
  return column.columns([
    column.accessor('event_type', {
      header: 'Event',
      cell: ({ row }) => (
        <RowButton onClick={() => open(row.original.id)}>{row.original.event_type}</RowButton>
      ),
    }),
    ...(isWorkspace
      ? [
          column.accessor('webhook_id', {
            header: 'Webhook',
            meta: { width: '24%' },
            cell: ({ getValue }) => <WebhookName id={getValue()} />,
          }),
        ]
      : []),
    column.accessor('state', {
      header: 'State',
      meta: { width: '7.5rem' },
      cell: ({ getValue }) => <DeliveryState state={getValue()} />,
    }),
    column.display({
      id: 'response',
      header: 'Response',
      meta: { width: '8rem' },
      cell: ({ row }) => row.original.last_status ?? row.original.last_failure,
    }),
    column.accessor('attempts', {
      header: 'Attempts',
      meta: { width: '5.5rem', align: 'right', desktopOnly: true },
    }),
    column.accessor('kind', {
      header: 'Trigger',
      meta: { width: '5.5rem', desktopOnly: true },
      cell: ({ getValue }) => fieldLabel(getValue()),
    }),
    column.accessor('created_at', {
      header: 'Time',
      meta: { width: '8rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
    ...(selected && toggle
      ? [
          column.display({
            id: 'choose',
            header: 'Actions',
            meta: { width: '3.5rem', align: 'right' as const, corner: true },
            // A test cannot be resent; send a new one.
            cell: ({ row: { original } }) =>
              original.kind !== 'test' && (
                <Checkbox
                  size="xs"
                  aria-label={`Select delivery of ${original.event_type}, ${original.state}`}
                  checked={selected.includes(original.id)}
                  onChange={() => toggle(original.id)}
                />
              ),
          }),
        ]
      : []),
  ]);
}
