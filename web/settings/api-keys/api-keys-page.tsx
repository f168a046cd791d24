import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiKeysQuery, type ApiKey } from '../../api/api-key-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SeeOnce } from '../../ui/see-once.tsx';
import { ApiKeyForm } from './api-key-form.tsx';
import { ApiKeyMenu } from './api-key-menu.tsx';
import { ApiKeyState } from './api-key-state.tsx';

const column = columnsFor<ApiKey>();
const COLUMNS = column.columns([
  column.accessor('name', { header: 'Name', cell: ({ getValue }) => <b>{getValue()}</b> }),
  column.accessor('prefix', {
    header: 'Key',
    meta: { width: '10.5rem' },
    cell: ({ getValue }) => <span className="mono">{getValue()}…</span>,
  }),
  column.display({
    id: 'state',
    header: 'State',
    meta: { width: '8rem' },
    cell: ({ row }) => <ApiKeyState apiKey={row.original} />,
  }),
  column.accessor('expires_at', {
    header: 'Expires',
    meta: { width: '7rem', deskOnly: true },
    cell: ({ row: { original: key } }) => {
      if (key.state === 'revoked') return null;
      return key.expires_at === null ? 'Never' : <Moment at={key.expires_at} />;
    },
  }),
  column.accessor('last_used_at', {
    header: 'Last used',
    meta: { width: '7.5rem' },
    cell: ({ getValue }) => {
      const at = getValue();
      return at === null ? 'Never used' : <Moment at={at} />;
    },
  }),
  column.display({
    id: 'requests_24h',
    header: 'Requests 24 h',
    meta: { width: '7.5rem', align: 'right', deskOnly: true },
    cell: ({ row }) => row.original.usage.last_24_hours.requests.toLocaleString(),
  }),
  column.display({
    id: 'requests_7d',
    header: '7 d',
    meta: { width: '3.75rem', align: 'right', deskOnly: true },
    cell: ({ row }) => row.original.usage.last_7_days.requests.toLocaleString(),
  }),
  column.display({
    id: 'server_errors',
    header: 'Server errors',
    meta: { width: '7.25rem', align: 'right', deskOnly: true },
    cell: ({ row }) => row.original.usage.last_7_days.server_errors.toLocaleString(),
  }),
  column.display({
    id: 'rate_limited',
    header: 'Rate limited',
    meta: { width: '6.75rem', align: 'right', deskOnly: true },
    cell: ({ row }) => row.original.usage.last_7_days.rate_limited.toLocaleString(),
  }),
  column.display({
    id: 'actions',
    header: '',
    meta: { width: '4rem', align: 'right', corner: true },
    cell: ({ row }) => <ApiKeyMenu apiKey={row.original} />,
  }),
]);

export function ApiKeysPage() {
  const list = useInfiniteQuery(apiKeysQuery);
  const mayManage = useMay('keys:manage');
  const [creating, create] = useDisclosure();
  const [made, setMade] = useState<ApiKey | null>(null);
  const button = mayManage && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New API key
    </Button>
  );

  return (
    <>
      <PageHeader
        title="API keys"
        intro="With a key, another program uses the API of this workspace. What it sends is never kept, only how much."
        actions={button}
      />
      <DataTable
        label="API keys"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconKey} title="No API keys yet">
            Make one for each program that is to read or write here, so that each can be revoked alone.
            {button}
          </EmptyState>
        }
      />
      {creating && (
        <ApiKeyForm
          onClose={create.close}
          onMade={(key) => {
            create.close();
            setMade(key);
          }}
        />
      )}
      {made?.key !== undefined && (
        <SeeOnce
          title={`API key ${made.name}`}
          label="API key"
          secret={made.key}
          onDone={() => setMade(null)}
        >
          Copy this key now. It is stored as a hash, and cannot be shown again.
        </SeeOnce>
      )}
    </>
  );
}
