import { Button, Group, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconInbox, IconPlus, IconTrash, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  inboxesQuery,
  useCreateInbox,
  useRemoveInbox,
  useUpdateInbox,
  type Inbox,
} from '../../api/inbox-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import type { Webhook } from '../../api/webhook-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './inbox-page.module.css';
import { InboxRequests } from './inbox-requests.tsx';
import { InboxWebhook } from './inbox-webhook.tsx';
import { SigningSecret } from './signing-secret.tsx';

/** The statuses that an inbox can respond with. */
const ANSWERS = [
  { value: '200', label: '200: received' },
  { value: '500', label: '500: failed, will be retried' },
  { value: '410', label: '410: gone, may disable the webhook' },
];

/** Test inboxes with their received requests, updated live. */
export function InboxPage() {
  const { data: inboxes, error, refetch } = useQuery(inboxesQuery);
  const mayManage = useHasScope('webhooks:manage');
  const [chosen, choose] = useState<string | null>(null);
  const { mutate: create, isPending } = useCreateInbox();
  const inbox = inboxes?.find(({ id }) => id === chosen) ?? inboxes?.[0];
  const button = mayManage && (
    <Button
      leftSection={<IconPlus size={16} />}
      loading={isPending}
      onClick={() =>
        create(`Test inbox ${(inboxes?.length ?? 0) + 1}`, {
          onSuccess: ({ id }) => choose(id),
          onError: notifyError,
        })
      }
    >
      Create test inbox
    </Button>
  );

  return (
    <>
      <PageHeader
        breadcrumb={<TextLink {...paths.webhooks()}>Webhooks</TextLink>}
        intro="A test URL inside Fairlead. Point a webhook at it to inspect its requests."
        actions={button}
      />
      {!inboxes && (
        <div className={classes.body}>
          {error ? <ErrorPanel error={error} retry={() => void refetch()} /> : <Skeleton height={160} />}
        </div>
      )}
      {inboxes?.length === 0 && (
        <EmptyState icon={IconInbox} title="No test inboxes yet">
          An inbox accepts any request for seven days and shows the last 100.
          {button}
        </EmptyState>
      )}
      {inboxes && inbox && (
        <Stack gap="lg" className={classes.body ?? ''}>
          {inboxes.length > 1 && (
            <Select
              label="Inbox"
              maw="20rem"
              allowDeselect={false}
              data={inboxes.map(({ id, name }) => ({ value: id, label: name }))}
              value={inbox.id}
              onChange={choose}
            />
          )}
          <InboxDetails key={inbox.id} inbox={inbox} mayManage={mayManage} />
          <InboxRequests key={`requests ${inbox.id}`} inbox={inbox} />
        </Stack>
      )}
    </>
  );
}

function InboxDetails({ inbox, mayManage }: { inbox: Inbox; mayManage: boolean }) {
  const navigate = useNavigate();
  const [pointing, point] = useDisclosure();
  const [created, setCreated] = useState<Webhook | null>(null);
  const { mutate: update } = useUpdateInbox();
  const { mutate: remove } = useRemoveInbox();
  const toWebhook = ({ id }: Webhook) => void navigate(paths.webhook(id));
  const confirmAction = () =>
    confirm({
      title: `Delete ${inbox.name}?`,
      text: 'Its requests are deleted, and its URL stops working.',
      action: 'Delete inbox',
      onConfirm: () => remove(inbox.id, { onError: notifyError }),
    });

  return (
    <Stack gap="sm">
      <PropertyList label={inbox.name}>
        <Property name="URL">
          <CopyText text={inbox.url} />
        </Property>
        <Property name="Expires">
          <Moment at={inbox.expires_at} />
        </Property>
        {!mayManage && <Property name="Response">{String(inbox.status)}</Property>}
      </PropertyList>
      {mayManage && (
        <Group gap="xs" align="end">
          <Button leftSection={<IconWebhook size={16} />} onClick={point.open}>
            Create webhook
          </Button>
          <Select
            aria-label="Response status"
            allowDeselect={false}
            w="17rem"
            data={withCurrent(inbox.status)}
            value={String(inbox.status)}
            onChange={(status) => update({ id: inbox.id, status: Number(status) }, { onError: notifyError })}
          />
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={confirmAction}>
            Delete
          </Button>
        </Group>
      )}
      <Text size="sm" c="dimmed">
        Anyone with the URL can send requests to it: any method, bodies up to 256 KiB.
      </Text>
      {pointing && (
        <InboxWebhook
          inbox={inbox}
          onClose={point.close}
          onCreated={(webhook) => {
            point.close();
            if (webhook.secret) setCreated(webhook);
            else toWebhook(webhook);
          }}
        />
      )}
      {created && <SigningSecret webhook={created} onDone={() => toWebhook(created)} />}
    </Stack>
  );
}

function withCurrent(status: number) {
  const value = String(status);
  return ANSWERS.some((answer) => answer.value === value) ? ANSWERS : [...ANSWERS, { value, label: value }];
}
