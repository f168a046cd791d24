import { Group, Select, Title } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { deliveriesQuery, DELIVERY_STATES, type Delivery } from '../../api/delivery-queries.ts';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { Moment } from '../../ui/moment.tsx';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import classes from './delivery-log.module.css';
import { DeliveryState } from './delivery-state.tsx';

const route = getRouteApi('/inside/settings/webhooks/$id');

/** What was sent to a webhook, newest first; a row opens its attempts. */
export function DeliveryLog({ webhookId }: { webhookId: string }) {
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery(deliveriesQuery(webhookId, state));
  const [opened, setOpened] = useState<string | null>(null);
  const [columns] = useState(() => columnsOpening(setOpened));

  return (
    <>
      <Group justify="space-between" className={classes.head}>
        <Title order={2} id="deliveries-title">
          Deliveries
        </Title>
        <Select
          aria-label="Filter by state"
          placeholder="Any state"
          data={DELIVERY_STATES.map((one) => ({ value: one, label: fieldLabel(one) }))}
          value={state ?? null}
          onChange={(chosen) =>
            void navigate({
              search: { state: DELIVERY_STATES.find((one) => one === chosen) },
              replace: true,
            })
          }
          clearable
          w="10rem"
        />
      </Group>
      <DataTable
        label="Deliveries"
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={IconSend} title={state ? `Nothing is ${state}` : 'Nothing was sent yet'}>
            {state === undefined && 'Deliveries show here once an event happens, or a test is sent.'}
          </EmptyState>
        }
      />
      {opened !== null && <DeliveryDrawer id={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

function columnsOpening(open: (id: string) => void) {
  const column = columnsFor<Delivery>();
  return column.columns([
    column.accessor('event_type', {
      header: 'Event',
      cell: ({ row }) => (
        <RowButton onClick={() => open(row.original.id)}>{row.original.event_type}</RowButton>
      ),
    }),
    column.accessor('state', {
      header: 'State',
      meta: { width: '7.5rem' },
      cell: ({ getValue }) => <DeliveryState state={getValue()} />,
    }),
    column.display({
      id: 'answer',
      header: 'Answer',
      meta: { width: '9rem' },
      cell: ({ row }) => row.original.last_status ?? row.original.last_failure,
    }),
    column.accessor('attempts', {
      header: 'Attempts',
      meta: { width: '5.5rem', align: 'right', deskOnly: true },
    }),
    column.accessor('kind', {
      header: 'Why',
      meta: { width: '5.5rem', deskOnly: true },
      cell: ({ getValue }) => fieldLabel(getValue()),
    }),
    column.accessor('created_at', {
      header: 'When',
      meta: { width: '8rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);
}
