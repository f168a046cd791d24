import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useHasScope } from '../../api/session-queries.ts';
import { webhooksQuery, type Webhook } from '../../api/webhook-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { FormatName } from './format-select.tsx';
import { IpAddresses } from './ip-addresses.tsx';
import { SendPendingButton } from './send-pending-button.tsx';
import { SigningSecret } from './signing-secret.tsx';
import { WebhookState } from './webhook-state.tsx';

const WebhookForm = lazy(async () => ({ default: (await import('./webhook-form.tsx')).WebhookForm }));

const column = columnsFor<Webhook>();
const COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.webhook(row.original.id)}>{row.original.name}</RowLink>,
  }),
  column.accessor('url', { header: 'URL', meta: { width: '32%' } }),
  column.accessor('format', {
    header: 'Format',
    meta: { width: '10rem' },
    cell: ({ getValue }) => <FormatName format={getValue()} />,
  }),
  column.accessor('events', {
    header: 'Events',
    meta: { width: '7rem' },
    cell: ({ getValue }) => eventCount(getValue()),
  }),
  column.display({
    id: 'state',
    header: 'State',
    meta: { width: '7rem' },
    cell: ({ row }) => <WebhookState state={row.original.state} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

export function WebhooksPage() {
  const list = useInfiniteQuery(webhooksQuery);
  const mayManage = useHasScope('webhooks:manage');
  const navigate = useNavigate();
  const [creating, create] = useDisclosure();
  const [created, setCreated] = useState<Webhook | null>(null);
  const button = mayManage && (
    <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
      New webhook
    </Button>
  );

  return (
    <>
      <PageHeader
        intro={
          <>
            Webhooks send signed events to other systems and retry until they are delivered. See{' '}
            <TextLink {...paths.examplePayloads()} size="sm">
              Example payload shapes
            </TextLink>
            . To try one out, create a{' '}
            <TextLink {...paths.testInbox()} size="sm">
              test inbox
            </TextLink>
            .
          </>
        }
        actions={
          <>
            {mayManage && <SendPendingButton />}
            {button}
          </>
        }
      />
      <DataTable
        label="Webhooks"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconWebhook} title="No webhooks yet">
            Add a URL and choose events. Fairlead sends them within seconds.
            {button}
          </EmptyState>
        }
      />
      <IpAddresses />
      {creating && (
        <Suspense>
          <WebhookForm
            webhook={null}
            onClose={create.close}
            onSaved={(webhook) => {
              create.close();
              if (webhook.secret) setCreated(webhook);
              else void navigate(paths.webhook(webhook.id));
            }}
          />
        </Suspense>
      )}
      {created && <SigningSecret webhook={created} onDone={() => void navigate(paths.webhook(created.id))} />}
    </>
  );
}

function eventCount(events: string[]): string {
  if (events.includes('*')) return 'All';
  return `${events.length} ${events.length === 1 ? 'type' : 'types'}`;
}
