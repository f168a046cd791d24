import { ActionIcon, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconMailOff, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useHasScope } from '../../api/session-queries.ts';
import {
  emailTopicsQuery,
  suppressionsQuery,
  useAddSuppression,
  useRemoveSuppression,
  type EmailTopic,
  type Suppression,
} from '../../api/suppression-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar, SearchFilter } from '../../ui/filters.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { EmailTopics } from './email-topics.tsx';
import classes from './suppressions-page.module.css';

const REASONS: Readonly<Record<Suppression['reason'], string>> = {
  hard_bounce: 'Address does not work',
  complaint: 'Reported as spam',
  unsubscribe: 'Unsubscribed',
  manual: 'Added by a member',
};

/** The addresses that get no mail, and the topics that recipients choose. */
export function SuppressionsPage() {
  const [email, search] = useState<string | undefined>();
  const [settled] = useDebouncedValue(email?.trim() ?? '', 300);
  const mayManage = useHasScope('suppressions:manage');
  const { data: topics = [] } = useQuery(emailTopicsQuery);
  const list = useInfiniteQuery(suppressionsQuery(settled));
  return (
    <>
      <PageHeader intro="These addresses get no email from this workspace." />
      <FilterBar>
        <SearchFilter name="Whole address" value={email} onChange={search} />
      </FilterBar>
      <DataTable
        label="Suppressed addresses"
        columns={columnsWith(topics, mayManage)}
        list={list}
        empty={
          <EmptyState
            icon={IconMailOff}
            title={settled ? 'The address is not suppressed' : 'No suppressed addresses'}
          >
            {!settled && 'Addresses that bounce, complain or unsubscribe are listed here.'}
          </EmptyState>
        }
      />
      {mayManage && <NewSuppression topics={topics} />}
      <EmailTopics topics={topics} mayManage={mayManage} />
    </>
  );
}

const column = columnsFor<Suppression>();

function columnsWith(topics: readonly EmailTopic[], mayManage: boolean) {
  return column.columns([
    column.display({
      id: 'email',
      header: 'Address',
      cell: ({ row: { original } }) => original.email ?? <Text c="dimmed">Erased</Text>,
    }),
    column.display({
      id: 'reason',
      header: 'Reason',
      cell: ({ row: { original } }) => <Reason suppression={original} />,
    }),
    column.display({
      id: 'topic',
      header: 'Emails',
      meta: { desktopOnly: true },
      cell: ({ row: { original } }) =>
        original.topic_id === null ? 'All' : topics.find(({ id }) => id === original.topic_id)?.name,
    }),
    column.display({
      id: 'created',
      header: 'Since',
      meta: { width: '9rem' },
      cell: ({ row: { original } }) => <Moment at={original.created_at} />,
    }),
    ...(mayManage
      ? [
          column.display({
            id: 'menu',
            header: 'Actions',
            meta: { width: '4rem', align: 'right', corner: true },
            cell: ({ row: { original } }) => <Remove suppression={original} />,
          }),
        ]
      : []),
  ]);
}

function Reason({ suppression: { reason, email_id: emailId, note } }: { suppression: Suppression }) {
  return (
    <>
      {emailId === null ? (
        REASONS[reason]
      ) : (
        <TextLink {...paths.record('emails', emailId)}>{REASONS[reason]}</TextLink>
      )}
      {note !== null && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </>
  );
}

function Remove({ suppression: { id, email, reason } }: { suppression: Suppression }) {
  const { mutateAsync: remove, isPending } = useRemoveSuppression();
  const name = email ?? 'the address';
  const text =
    reason === 'manual'
      ? 'It gets emails again.'
      : `${REASONS[reason]}. Only delete it if you know that this is over; mails to such addresses harm your reputation.`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Delete ${name}`}
      loading={isPending}
      onClick={() =>
        confirm({
          title: `Send emails to ${name} again?`,
          text,
          action: 'Delete from the list',
          onConfirm: () => notifyWhenDone(remove(id), () => notifyDone(`${name} is no longer suppressed`)),
        })
      }
    >
      <IconTrash size={16} />
    </ActionIcon>
  );
}

function NewSuppression({ topics }: { topics: readonly EmailTopic[] }) {
  const { mutateAsync: add } = useAddSuppression();
  const api = useApiForm({ email: '', topic_id: null as string | null }, async (values, form) => {
    await add({ ...values, note: null });
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit} aria-label="Suppress an address">
      <div className={classes.add}>
        <Group align="flex-start" gap="xs">
          <TextInput
            flex={1}
            type="email"
            aria-label="Address"
            placeholder="Address"
            maxLength={254}
            required
            {...api.form.getInputProps('email')}
            error={api.form.errors['email'] ?? api.error?.message}
          />
          {topics.length > 0 && (
            <Select
              aria-label="Emails"
              placeholder="All emails"
              clearable
              data={topics.map(({ id, name }) => ({ value: id, label: name }))}
              {...api.form.getInputProps('topic_id')}
            />
          )}
          <Button type="submit" variant="default" loading={api.busy}>
            Suppress
          </Button>
        </Group>
      </div>
    </form>
  );
}
