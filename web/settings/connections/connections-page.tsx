import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  connectionKindsQuery,
  connectionsQuery,
  type Connection,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { ConnectionState } from './connection-state.tsx';
import { GeneratedSecrets } from './generated-secrets.tsx';
import { NewConnection } from './new-connection.tsx';

const column = columnsFor<Connection>();
const COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.connection(row.original.id)}>{row.original.name}</RowLink>,
  }),
  column.accessor('kind', {
    header: 'Kind',
    meta: { width: '13rem' },
    cell: ({ getValue }) => <KindLabel kind={getValue()} />,
  }),
  column.accessor('state', {
    header: 'State',
    meta: { width: '8rem' },
    cell: ({ getValue }) => <ConnectionState state={getValue()} />,
  }),
  column.accessor('last_event_at', {
    header: 'Last event',
    meta: { width: '9rem' },
    cell: ({ row }) => row.original.last_event_at && <Moment at={row.original.last_event_at} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

function KindLabel({ kind }: { kind: string }) {
  const { data: kinds = [] } = useQuery(connectionKindsQuery);
  return kinds.find(({ name }) => name === kind)?.label ?? kind;
}

/** The connections of the workspace with their states, updated live. */
export function ConnectionsPage() {
  const list = useInfiniteQuery(connectionsQuery);
  const mayManage = useHasScope('connections:manage');
  const navigate = useNavigate();
  const [creating, create] = useDisclosure();
  const [created, setCreated] = useState<{ connection: Connection; kind: ConnectionKind } | null>(null);
  const open = ({ id }: Connection) => void navigate(paths.connection(id));
  const button = mayManage && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New connection
    </Button>
  );
  return (
    <>
      <PageHeader
        intro="Other systems that send data to this workspace. Each has a URL and secrets of its own, and a log of what came in."
        actions={button}
      />
      <DataTable
        label="Connections"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconPlugConnected} title="No connections yet">
            Connect another system to receive its leads and reports.
            {button}
          </EmptyState>
        }
      />
      {creating && (
        <NewConnection
          onClose={create.close}
          onCreated={(connection, kind) => {
            create.close();
            if (connection.secrets) setCreated({ connection, kind });
            else open(connection);
          }}
        />
      )}
      {created && <GeneratedSecrets {...created} onDone={() => open(created.connection)} />}
    </>
  );
}
