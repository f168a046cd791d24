import { Accordion, Badge, Button, Group, SegmentedControl } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconMail, IconMessages } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback } from 'react';
import { emailThreadsQuery, threadEmailsQuery, type Email, type EmailThread } from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useMarkThread } from '../api/unread-queries.ts';
import { paths } from '../paths.ts';
import { RecordName } from '../record/record-link.tsx';
import { columnsFor, DataTable, RowLink } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { numberText } from '../ui/format.ts';
import { notifyError } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './conversations.module.css';
import { EmailStatus } from './email-status.tsx';
import { useReadMark } from './use-read-mark.ts';
import { EmailViews } from './email-views.tsx';

const EmailContent = lazy(async () => ({ default: (await import('./email-content.tsx')).EmailContent }));
const EmailDrawer = lazy(async () => ({ default: (await import('./email-drawer.tsx')).EmailDrawer }));

const route = getRouteApi('/inside/conversations');

/** Emails that answer each other: all threads, or one. */
export function ConversationsPage() {
  const { thread } = route.useSearch();
  return thread === undefined ? <Threads /> : <Thread id={thread} key={thread} />;
}

const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'unread', label: 'Unread' },
];

function Threads() {
  const { unread = false } = route.useSearch();
  const navigate = useNavigate();
  const list = useInfiniteQuery(emailThreadsQuery({ unread }));
  return (
    <>
      <PageHeader
        actions={
          <Group gap="sm">
            <SegmentedControl
              aria-label="Filter"
              size="xs"
              data={FILTERS}
              value={unread ? 'unread' : 'all'}
              onChange={(value) =>
                void navigate({
                  ...paths.conversations(),
                  search: value === 'unread' ? { unread: true } : {},
                })
              }
            />
            <EmailViews value="conversations" />
          </Group>
        }
      />
      <DataTable
        label="Conversations"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconMessages} title={unread ? 'Everything is read' : 'No conversations yet'}>
            {!unread && 'Emails that you send, and the answers to them, are listed here.'}
          </EmptyState>
        }
      />
    </>
  );
}

const column = columnsFor<EmailThread>();

const COLUMNS = column.columns([
  column.display({
    id: 'subject',
    header: 'Subject',
    cell: ({ row: { original } }) => (
      <span className={classes.subject} data-unread={original.unread > 0 || undefined}>
        <RowLink {...paths.conversations()} search={{ thread: original.id }}>
          {subjectOf(original)}
        </RowLink>
        {original.unread > 0 && (
          <Badge size="sm" aria-label={`${numberText(original.unread)} unread`}>
            {numberText(original.unread)}
          </Badge>
        )}
      </span>
    ),
  }),
  column.display({
    id: 'contact',
    header: 'Contact',
    meta: { width: '14rem' },
    cell: ({ row: { original } }) =>
      original.contact_id && <RecordName objectKey="contact" id={original.contact_id} />,
  }),
  column.display({
    id: 'count',
    header: 'Emails',
    meta: { width: '6rem', align: 'right', desktopOnly: true },
    cell: ({ row: { original } }) => original.email_count,
  }),
  column.display({
    id: 'last',
    header: 'Last email',
    meta: { width: '9rem' },
    cell: ({ row: { original } }) => <Moment at={original.last_at} />,
  }),
]);

function subjectOf({ subject, visibility }: Pick<EmailThread, 'subject' | 'visibility'>): string {
  return subject ?? (visibility === 'private' ? 'Private email' : 'Without a subject');
}

function Thread({ id }: { id: string }) {
  const { data: emails, error, refetch } = useQuery(threadEmailsQuery(id));
  const maySend = useHasScope('emails:send');
  const [replying, reply] = useDisclosure();
  const navigate = useNavigate();
  const { mutate } = useMarkThread();
  const mayWrite = useHasScope('emails:write');
  const last = emails?.at(-1);
  const newest = emails?.findLast(({ unread }) => unread)?.id;
  const markRead = useCallback(() => mutate({ id, mark: 'read' }), [id, mutate]);
  useReadMark(newest, markRead);
  const markUnread = () => {
    mutate({ id, mark: 'unread' }, { onError: notifyError });
    void navigate(paths.conversations());
  };
  const answered = emails?.findLast(({ direction }) => direction === 'in') ?? last;
  return (
    <>
      <PageHeader
        title={last ? subjectOf(last) : 'Conversation'}
        breadcrumb={<TextLink {...paths.conversations()}>Conversations</TextLink>}
        actions={
          <>
            {mayWrite && emails?.some(({ direction }) => direction === 'in') && (
              <Button variant="default" leftSection={<IconMail size={15} />} onClick={markUnread}>
                Mark as unread
              </Button>
            )}
            {maySend && answered && (
              <Button leftSection={<IconArrowBackUp size={15} />} onClick={reply.open}>
                Reply
              </Button>
            )}
          </>
        }
      />
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      {emails && last && (
        <Accordion multiple defaultValue={[last.id]} className={classes.thread} keepMounted={false}>
          {emails.map((email) => (
            <Accordion.Item key={email.id} value={email.id}>
              <Accordion.Control>
                <Summary email={email} />
              </Accordion.Control>
              <Accordion.Panel>
                <Suspense>
                  <EmailContent email={email} />
                </Suspense>
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
      {replying && answered && (
        <Suspense>
          <EmailDrawer
            answered={{ id: answered.id, subject: answered.subject ?? '' }}
            onClose={reply.close}
            onSent={() => void refetch()}
          />
        </Suspense>
      )}
    </>
  );
}

function Summary({ email }: { email: Email }) {
  const { from, from_name: name, created_at: createdAt, snippet, status } = email;
  return (
    <>
      <Group gap="sm">
        <strong>{name ?? from ?? 'Private email'}</strong>
        <EmailStatus status={status} />
        {email.auto_reply && <span className={classes.note}>Automatic reply</span>}
        <span className={classes.note}>
          <Moment at={email.received_at ?? email.sent_at ?? createdAt} />
        </span>
      </Group>
      <div className={classes.snippet}>{snippet}</div>
    </>
  );
}
