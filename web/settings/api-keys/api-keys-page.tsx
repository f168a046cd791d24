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
import { SecretModal } from '../../ui/secret-modal.tsx';
import { ApiKeyForm } from './api-key-form.tsx';
import { MANAGER_COLUMNS, READER_COLUMNS } from './api-key-columns.tsx';

export function ApiKeysPage() {
  const list = useInfiniteQuery(apiKeysQuery);
  const mayManage = useHasScope('keys:manage');
  const [creating, create] = useDisclosure();
  const [created, setCreated] = useState<ApiKey | null>(null);
  const button = mayManage && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New API key
    </Button>
  );

  return (
    <>
      <PageHeader
        intro="API keys let other apps use the API of this workspace. Request contents are not stored. Errors and rate limits cover the last 7 days."
        actions={button}
      />
      <DataTable
        label="API keys"
        columns={mayManage ? MANAGER_COLUMNS : READER_COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconKey} title="No API keys yet">
            Create a separate key for each app, so that you can revoke them independently.
            {button}
          </EmptyState>
        }
      />
      {creating && (
        <ApiKeyForm
          onClose={create.close}
          onCreated={(key) => {
            create.close();
            setCreated(key);
          }}
        />
      )}
      {created?.key !== undefined && (
        <SecretModal
          title={`${created.name}: API key`}
          label="API key"
          secret={created.key}
          onDone={() => setCreated(null)}
        >
          Copy this key now. It is stored as a hash and cannot be shown again.
        </SecretModal>
      )}
    </>
  );
}
