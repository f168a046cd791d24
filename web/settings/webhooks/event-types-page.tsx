import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBoltFilled, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { customTypesQuery, type CustomType } from '../../api/custom-type-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { EventTypeDrawer } from './event-type-drawer.tsx';
import { EventTypeForm } from './event-type-form.tsx';

/** The custom event types of the workspace. */
export function EventTypesPage() {
  const list = useInfiniteQuery(customTypesQuery);
  const mayManage = useHasScope('webhooks:manage');
  const [creating, create] = useDisclosure();
  const [opened, open] = useState<string | null>(null);
  const [columns] = useState(() => createColumns(open));
  const type = list.data?.find(({ name }) => name === opened);
  const button = mayManage && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New event type
    </Button>
  );

  return (
    <>
      <PageHeader
        intro={
          <>
            Custom events of your business. For built-in event types, see{' '}
            <TextLink {...paths.examplePayloads()}>Example payload shapes</TextLink>.
          </>
        }
        actions={button}
      />
      <DataTable
        label="Event types"
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={IconBoltFilled} title="No custom event types yet">
            Define an event such as order.shipped with a name and a schema. Webhooks can then subscribe to it.
            {button}
          </EmptyState>
        }
      />
      {creating && (
        <EventTypeForm
          type={null}
          onClose={create.close}
          onSaved={({ name }) => {
            create.close();
            open(name);
          }}
        />
      )}
      {type && <EventTypeDrawer type={type} onClose={() => open(null)} />}
    </>
  );
}

function createColumns(open: (name: string) => void) {
  const column = columnsFor<CustomType>();
  return column.columns([
    column.accessor('name', {
      header: 'Name',
      meta: { width: '16rem' },
      cell: ({ getValue }) => (
        <RowButton onClick={() => open(getValue())}>
          <span className="mono">{getValue()}</span>
        </RowButton>
      ),
    }),
    column.accessor('description', { header: 'Description', meta: { wraps: true } }),
    column.accessor('updated_at', {
      header: 'Updated',
      meta: { width: '9rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);
}
