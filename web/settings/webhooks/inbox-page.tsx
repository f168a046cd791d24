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
import { Moment } from '../../ui/moment.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './inbox-page.module.css';
import { InboxRequests } from './inbox-requests.tsx';
import { InboxWebhook } from './inbox-webhook.tsx';
import { SigningSecret } from './signing-secret.tsx';

/** What an inbox can be told to answer. */
const ANSWERS = [
  { value: '200', label: '200: received' },
  { value: '500', label: '500: fails, and is tried again' },
  { value: '410', label: '410: gone, which can disable a webhook' },
];

/** Receiving URLs of ours, and what arrives at them, live. */
export function InboxPage() {
  const { data: inboxes, error, refetch } = useQuery(inboxesQuery);
  const mayManage = useHasScope('webhooks:manage');
  const [chosen, choose] = useState<string | null>(null);
  const { mutate: make, isPending } = useCreateInbox();
  const inbox = inboxes?.find(({ id }) => id === chosen) ?? inboxes?.[0];
  const button = mayManage && (
    <Button
      leftSection={<IconPlus size={16} />}
      loading={isPending}
      onClick={() =>
        make(`Test inbox ${(inboxes?.length ?? 0) + 1}`, {
          onSuccess: ({ id }) => choose(id),
          onError: notifyError,
        })
      }
    >
      Make a test inbox
    </Button>
  );

  return (
    <>
      <PageHeader
        title="Test inbox"
        breadcrumb={<TextLink {...paths.webhooks()}>Webhooks</TextLink>}
        intro="A receiving URL inside Fairlead: point a webhook at it, and see what it sends."
        actions={button}
      />
      {!inboxes && (
        <div className={classes.body}>
          {error ? <ErrorPanel error={error} retry={() => void refetch()} /> : <Skeleton height={160} />}
        </div>
      )}
      {inboxes?.length === 0 && (
        <EmptyState icon={IconInbox} title="No test inbox yet">
          It takes any request for seven days and shows the last hundred. Nothing has to run elsewhere.
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
  const [made, setMade] = useState<Webhook | null>(null);
  const { mutate: update } = useUpdateInbox();
  const { mutate: remove } = useRemoveInbox();
  const toWebhook = ({ id }: Webhook) => void navigate(paths.webhook(id));
  const askToRemove = () =>
    confirm({
      title: `Delete ${inbox.name}?`,
      text: 'What arrived goes with it, and its URL takes nothing any more.',
      action: 'Delete inbox',
      onConfirm: () => remove(inbox.id, { onError: notifyError }),
    });

  return (
    <Stack gap="sm">
      <PropertyList label={inbox.name}>
        <Property name="URL">
          <CopyText text={inbox.url} />
        </Property>
        <Property name="Until">
          <Moment at={inbox.expires_at} />
        </Property>
        {!mayManage && <Property name="Answers">{String(inbox.status)}</Property>}
      </PropertyList>
      {mayManage && (
        <Group gap="xs" align="end">
          <Button leftSection={<IconWebhook size={16} />} onClick={point.open}>
            Make a webhook that posts here
          </Button>
          <Select
            aria-label="What it answers"
            allowDeselect={false}
            w="17rem"
            data={withCurrent(inbox.status)}
            value={String(inbox.status)}
            onChange={(status) => update({ id: inbox.id, status: Number(status) }, { onError: notifyError })}
          />
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={askToRemove}>
            Delete
          </Button>
        </Group>
      )}
      <Text size="sm" c="dimmed">
        Whoever knows the URL may post to it, with any method and any body of up to 256 KiB.
      </Text>
      {pointing && (
        <InboxWebhook
          inbox={inbox}
          onClose={point.close}
          onMade={(webhook) => {
            point.close();
            if (webhook.secret) setMade(webhook);
            else toWebhook(webhook);
          }}
        />
      )}
      {made && <SigningSecret webhook={made} onDone={() => toWebhook(made)} />}
    </Stack>
  );
}

function withCurrent(status: number) {
  const value = String(status);
  return ANSWERS.some((answer) => answer.value === value) ? ANSWERS : [...ANSWERS, { value, label: value }];
}
