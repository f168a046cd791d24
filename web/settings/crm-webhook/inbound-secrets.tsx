import { Button, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  inboundSecretsQuery,
  useCreateInboundSecret,
  useRemoveInboundSecret,
  type InboundSecret,
} from '../../api/inbound-secret-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { SecretModal } from '../../ui/secret-modal.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './crm-webhook-page.module.css';

const column = columnsFor<InboundSecret>();
const COLUMNS = column.columns([
  column.accessor('name', { header: 'Name', cell: ({ getValue }) => <b>{getValue()}</b> }),
  column.accessor('prefix', {
    header: 'Secret',
    meta: { width: '11rem' },
    cell: ({ getValue }) => <span className="mono">{getValue()}…</span>,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '9rem' },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
  column.display({
    id: 'actions',
    header: 'Actions',
    meta: { width: '8rem', align: 'right', corner: true },
    cell: ({ row }) => <Remove secret={row.original} />,
  }),
]);

/** The inbound secrets of the workspace. One secret per system, so that each can be deleted separately. */
export function InboundSecrets() {
  const list = useInfiniteQuery(inboundSecretsQuery);
  const mayManage = useHasScope('keys:manage');
  const [creating, create] = useDisclosure();
  const [created, setCreated] = useState<InboundSecret | null>(null);
  return (
    <section aria-labelledby="secrets-title">
      <div className={classes.head}>
        <Title order={2} id="secrets-title">
          Inbound secrets
        </Title>
        {mayManage && (
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={create.open}>
            New secret
          </Button>
        )}
      </div>
      <DataTable
        label="Inbound secrets"
        columns={COLUMNS}
        list={list}
        empty={
          <Text size="sm" c="dimmed" className={classes.none}>
            No secrets yet. Create one for each system that sends reports.
          </Text>
        }
      />
      {creating && (
        <SecretForm
          onClose={create.close}
          onCreated={(secret) => {
            create.close();
            setCreated(secret);
          }}
        />
      )}
      {created?.secret !== undefined && (
        <SecretModal
          title={`${created.name}: inbound secret`}
          label="Inbound secret"
          secret={created.secret}
          onDone={() => setCreated(null)}
        >
          Copy this secret to the other system now. It is stored as a hash and cannot be shown again.
        </SecretModal>
      )}
    </section>
  );
}

function SecretForm({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (secret: InboundSecret) => void;
}) {
  const { mutateAsync: create } = useCreateInboundSecret();
  const api = useApiForm({ name: '' }, async (values) => onCreated(await create(values)));
  return (
    <FormDrawer title="New inbound secret" action="Create secret" api={api} onClose={onClose}>
      <TextInput
        label="Name"
        description="Which system uses this secret."
        placeholder="Make.com"
        required
        data-autofocus
        {...api.form.getInputProps('name')}
      />
    </FormDrawer>
  );
}

function Remove({ secret }: { secret: InboundSecret }) {
  const mayManage = useHasScope('keys:manage');
  const { mutateAsync: remove } = useRemoveInboundSecret();
  const confirmAction = () =>
    confirm({
      title: `Delete ${secret.name}?`,
      text: 'Requests with this secret fail immediately.',
      action: 'Delete secret',
      onConfirm: () => notifyWhenDone(remove(secret.id), () => notifyDone(`${secret.name} deleted`)),
    });
  if (!mayManage) return null;
  return (
    <Button size="compact-xs" variant="default" aria-label={`Delete ${secret.name}`} onClick={confirmAction}>
      Delete
    </Button>
  );
}
