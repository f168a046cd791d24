import { ActionIcon, Badge, Button, Group, Modal, TextInput, UnstyledButton } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconArrowLeft, IconMessage, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { threadsQuery, type MessageThread } from '../api/message-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { numberText } from '../ui/format.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { Conversation } from './conversation.tsx';
import classes from './messaging.module.css';
import { PhoneActions } from './phone-actions.tsx';

/** Messages by the number of the other side: the threads, and the one that is open. */
export function MessageList() {
  const list = useInfiniteQuery(threadsQuery());
  const { data: threads, error, refetch, hasNextPage, fetchNextPage } = list;
  const [chosen, choose] = useState<string | null>(null);
  const [isStarting, start] = useDisclosure();
  const maySend = useHasScope('messages:send');
  const isNarrow = useMediaQuery('(max-width: 48em)');
  const number = chosen ?? (isNarrow ? null : (threads?.[0]?.number ?? null));
  const thread = threads?.find((item) => item.number === number);
  return (
    <>
      <PageHeader
        title="Messages"
        actions={
          maySend && (
            <Button leftSection={<IconPlus size={15} />} onClick={start.open}>
              New message
            </Button>
          )
        }
      />
      {error && !threads && <ErrorPanel error={error} retry={() => void refetch()} />}
      {threads?.length === 0 && number === null && (
        <EmptyState icon={IconMessage} title="No messages yet">
          Text messages that you send and receive through a phone provider or your own gateway appear here.
        </EmptyState>
      )}
      {threads && (threads.length > 0 || number !== null) && (
        <div className={classes.page}>
          {(!isNarrow || number === null) && (
            <ul className={classes.threads} aria-label="Threads">
              {threads.map((item) => (
                <li key={item.number}>
                  <ThreadButton thread={item} isOpen={item.number === number} onOpen={choose} />
                </li>
              ))}
              {hasNextPage && (
                <li>
                  <Button variant="subtle" fullWidth onClick={() => void fetchNextPage()}>
                    Show more
                  </Button>
                </li>
              )}
            </ul>
          )}
          {number !== null && (
            <section
              className={classes.conversation}
              aria-label={`Messages with ${thread?.contact_name ?? number}`}
            >
              <div className={classes.head}>
                <Group gap="xs" wrap="nowrap">
                  {isNarrow && (
                    <ActionIcon variant="subtle" aria-label="All threads" onClick={() => choose(null)}>
                      <IconArrowLeft size={16} />
                    </ActionIcon>
                  )}
                  <ThreadName thread={thread} number={number} />
                </Group>
                <PhoneActions number={number} contactId={thread?.contact_id ?? null} hasMessages={false} />
              </div>
              <Conversation
                key={number}
                number={number}
                contactId={thread?.contact_id ?? null}
                isOptedOut={thread?.opted_out ?? false}
              />
            </section>
          )}
        </div>
      )}
      {isStarting && (
        <NewThread
          onClose={start.close}
          onStart={(next) => {
            choose(next);
            start.close();
          }}
        />
      )}
    </>
  );
}

function ThreadButton({
  thread,
  isOpen,
  onOpen,
}: {
  thread: MessageThread;
  isOpen: boolean;
  onOpen: (number: string) => void;
}) {
  const { number, contact_name: name, unread, last_message: last } = thread;
  const text = last.body ?? (last.media_count > 0 ? 'A file' : '');
  return (
    <UnstyledButton className={classes.thread} aria-current={isOpen} onClick={() => onOpen(number)}>
      <div className={classes.threadHead}>
        <span className={classes.threadName}>{name ?? number}</span>
        <span className={classes.aside}>
          <Moment at={last.created_at} />
        </span>
      </div>
      <div className={classes.threadHead}>
        <span className={classes.threadText}>
          {last.direction === 'out' && 'You: '}
          {text}
        </span>
        {unread > 0 && (
          <Badge size="sm" circle={unread < 10} aria-label={`${numberText(unread)} unread`}>
            {numberText(unread)}
          </Badge>
        )}
      </div>
    </UnstyledButton>
  );
}

function ThreadName({ thread, number }: { thread: MessageThread | undefined; number: string }) {
  if (!thread?.contact_id) return <strong>{number}</strong>;
  return (
    <span>
      <TextLink {...paths.record('contacts', thread.contact_id)}>{thread.contact_name ?? number}</TextLink>{' '}
      <span className={classes.aside}>{number}</span>
    </span>
  );
}

function NewThread({ onClose, onStart }: { onClose: () => void; onStart: (number: string) => void }) {
  const [number, setNumber] = useState('');
  return (
    <Modal opened onClose={onClose} title="New message">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (number.trim() !== '') onStart(number.trim());
        }}
      >
        <TextInput
          data-autofocus
          label="Phone number"
          description="With its country code, as in +1 555 123 4567. To write to a contact, use Text on the page of the contact."
          type="tel"
          value={number}
          onChange={({ currentTarget }) => setNumber(currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit" disabled={number.trim() === ''}>
            Write
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
