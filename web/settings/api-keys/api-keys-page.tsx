import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiKeysQuery, type ApiKey } from '../../api/api-key-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SeeOnce } from '../../ui/see-once.tsx';
import { ApiKeyForm } from './api-key-form.tsx';
import { MANAGING_COLUMNS, READING_COLUMNS } from './api-key-columns.tsx';

export function ApiKeysPage() {
  const list = useInfiniteQuery(apiKeysQuery);
  const mayManage = useHasScope('keys:manage');
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
        intro="With a key, another program uses the API of this workspace. What it sends is never kept, only how often; errors and refusals are those of the last 7 days."
        actions={button}
      />
      <DataTable
        label="API keys"
        columns={mayManage ? MANAGING_COLUMNS : READING_COLUMNS}
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
          title={`${made.name}: shown once`}
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
