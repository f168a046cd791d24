import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconHandStop, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { consentsQuery, useSetConsent, type Consent } from '../api/message-queries.ts';
import { columnsFor, DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, SelectFilter, TextFilter } from '../ui/filters.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { useApiForm } from '../ui/use-api-form.ts';

const STATUSES = [
  { value: 'opted_out', label: 'Opted out' },
  { value: 'opted_in', label: 'Opted in' },
];
const CHANNELS = [
  { value: 'sms', label: 'Messages' },
  { value: 'call', label: 'Calls' },
];
const SOURCES: Record<Consent['source'], string> = {
  keyword: 'They wrote a keyword',
  carrier: 'The provider refused a message',
  api: 'Set by hand or API',
  form: 'Form',
  import: 'Import',
};

/** Who wants messages and calls, and who does not. */
export function ConsentsPage() {
  const [address, setAddress] = useState<string | undefined>();
  const [status, setStatus] = useState<string | undefined>();
  const [settled] = useDebouncedValue(address, 200);
  const [isOpen, form] = useDisclosure();
  const filter = {
    ...(settled && { address: settled }),
    ...(status && { status: status as Consent['status'] }),
  };
  const list = useInfiniteQuery(consentsQuery(filter));
  return (
    <>
      <PageHeader
        intro="A number that has opted out gets no messages and calls. The replies STOP and START set this automatically."
        actions={
          <Button leftSection={<IconPlus size={15} />} onClick={form.open}>
            Set a consent
          </Button>
        }
      />
      <FilterBar>
        <TextFilter label="Number" value={address} onChange={setAddress} />
        <SelectFilter label="Status" value={status} onChange={setStatus} options={STATUSES} />
      </FilterBar>
      <DataTable
        label="Consents"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState
            icon={IconHandStop}
            title={settled || status ? 'No matching consents' : 'No consents yet'}
          >
            {!settled && !status && 'Numbers that reply STOP or START appear here.'}
          </EmptyState>
        }
      />
      {isOpen && <ConsentForm onClose={form.close} />}
    </>
  );
}

const column = columnsFor<Consent>();
const COLUMNS = column.columns([
  column.display({ id: 'address', header: 'Number', cell: ({ row: { original } }) => original.address }),
  column.display({
    id: 'channel',
    header: 'For',
    cell: ({ row: { original } }) => (original.channel === 'sms' ? 'Messages' : 'Calls'),
  }),
  column.display({
    id: 'status',
    header: 'Status',
    cell: ({ row: { original } }) => (
      <StateBadge tone={original.status === 'opted_out' ? 'bad' : 'good'}>
        {original.status === 'opted_out' ? 'Opted out' : 'Opted in'}
      </StateBadge>
    ),
  }),
  column.display({ id: 'source', header: 'How', cell: ({ row: { original } }) => SOURCES[original.source] }),
  column.display({ id: 'text', header: 'Note', cell: ({ row: { original } }) => original.text }),
  column.display({
    id: 'at',
    header: 'Since',
    cell: ({ row: { original } }) => <Moment at={original.changed_at} />,
  }),
]);

function ConsentForm({ onClose }: { onClose: () => void }) {
  const { mutateAsync: save } = useSetConsent();
  const initial = { address: '', channel: 'sms', status: 'opted_out', text: '' };
  const api = useApiForm(initial, async ({ address, channel, status, text }) => {
    await save({
      address,
      channel: channel as Consent['channel'],
      status: status as Consent['status'],
      ...(text !== '' && { text }),
    });
    notifyDone('Consent saved');
    onClose();
  });
  const { getInputProps } = api.form;
  return (
    <Modal opened onClose={onClose} title="Set a consent">
      <form onSubmit={api.onSubmit}>
        <Stack>
          <TextInput data-autofocus required type="tel" label="Phone number" {...getInputProps('address')} />
          <Select label="For" data={CHANNELS} allowDeselect={false} {...getInputProps('channel')} />
          <Select label="Status" data={STATUSES} allowDeselect={false} {...getInputProps('status')} />
          <TextInput
            label="Note"
            description="Such as how they agreed."
            {...getInputProps('text')}
            error={api.error?.message}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={api.busy}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
