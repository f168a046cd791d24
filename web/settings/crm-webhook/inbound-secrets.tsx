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
import { Moment } from '../../ui/moment.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { SeeOnce } from '../../ui/see-once.tsx';
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
    header: '',
    meta: { width: '8rem', align: 'right', corner: true },
    cell: ({ row }) => <Remove secret={row.original} />,
  }),
]);

/** The secrets of the workspace; each other system has its own, so that each can be taken away alone. */
export function InboundSecrets() {
  const list = useInfiniteQuery(inboundSecretsQuery);
  const mayManage = useHasScope('keys:manage');
  const [creating, create] = useDisclosure();
  const [made, setMade] = useState<InboundSecret | null>(null);
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
            None yet. Make one for each system that reports here.
          </Text>
        }
      />
      {creating && (
        <SecretForm
          onClose={create.close}
          onMade={(secret) => {
            create.close();
            setMade(secret);
          }}
        />
      )}
      {made?.secret !== undefined && (
        <SeeOnce
          title={`${made.name}: shown once`}
          label="Inbound secret"
          secret={made.secret}
          onDone={() => setMade(null)}
        >
          Copy this secret now, and give it to the other system. It is stored as a hash, and cannot be shown
          again.
        </SeeOnce>
      )}
    </section>
  );
}

function SecretForm({ onClose, onMade }: { onClose: () => void; onMade: (secret: InboundSecret) => void }) {
  const { mutateAsync: create } = useCreateInboundSecret();
  const api = useApiForm({ name: '' }, async (values) => onMade(await create(values)));
  return (
    <FormDrawer title="New inbound secret" action="Create secret" api={api} onClose={onClose}>
      <TextInput
        label="Name"
        description="Which system it is for."
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
  const ask = () =>
    confirm({
      title: `Delete ${secret.name}?`,
      text: 'What is sent with this secret is refused from the next request on.',
      action: 'Delete secret',
      onConfirm: () => notifyWhenDone(remove(secret.id), () => notifyDone(`${secret.name} was deleted.`)),
    });
  if (!mayManage) return null;
  return (
    <Button size="compact-xs" variant="default" aria-label={`Delete ${secret.name}`} onClick={ask}>
      Delete
    </Button>
  );
}
