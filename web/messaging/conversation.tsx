import { Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { conversationQuery, useMarkThreadRead, type Message } from '../api/message-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { MessageComposer } from './message-composer.tsx';
import { MessageMedia } from './message-media.tsx';
import classes from './messaging.module.css';

/** The messages with a number, and a box to write the next one. */
export function Conversation({
  number,
  contactId = null,
  isOptedOut = false,
}: {
  number: string;
  contactId?: string | null;
  isOptedOut?: boolean;
}) {
  const { data: messages, error, refetch } = useQuery(conversationQuery(number));
  const maySend = useHasScope('messages:send');
  useReadMark(number, messages);
  if (error && !messages) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return (
    <div className={classes.conversation}>
      <ol className={classes.messages} aria-label="Messages" aria-busy={messages === undefined}>
        {messages === undefined && <Skeleton height={44} />}
        {messages?.length === 0 && (
          <Text c="dimmed" size="sm">
            No messages with this number yet.
          </Text>
        )}
        {messages?.map((message) => (
          <MessageItem key={message.id} message={message} />
        ))}
        {messages && <li key={messages.length} ref={showEnd} aria-hidden />}
      </ol>
      {maySend && <MessageComposer number={number} contactId={contactId} isOptedOut={isOptedOut} />}
    </div>
  );
}

/** The end of the thread; a new one for each new message. */
function showEnd(end: HTMLLIElement | null): void {
  end?.scrollIntoView({ block: 'nearest' });
}

/** What is open has been read. */
function useReadMark(number: string, messages: readonly Message[] | undefined) {
  const { mutate: markRead } = useMarkThreadRead();
  const mayWrite = useHasScope('messages:write');
  const last = messages?.findLast(({ direction }) => direction === 'in')?.id;
  useEffect(() => {
    if (last !== undefined && mayWrite) markRead(number);
  }, [last, mayWrite, markRead, number]);
}

const STATUS: Partial<Record<Message['status'], string>> = {
  scheduled: 'Scheduled',
  queued: 'Sending…',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  undelivered: 'Not delivered',
  failed: 'Not sent',
  unknown: 'May not have been sent',
  canceled: 'Canceled',
};
const FAILED = new Set<Message['status']>(['undelivered', 'failed', 'unknown']);

function MessageItem({ message }: { message: Message }) {
  const { direction, body, status, error_text: problem, media_count: files, send_at: sendAt } = message;
  const hasFailed = FAILED.has(status);
  return (
    <li className={classes.message} data-direction={direction}>
      {body !== null && <span className={classes.bubble}>{body}</span>}
      {files > 0 && <MessageMedia id={message.id} />}
      <div className={`${classes.aside} ${hasFailed ? classes.failed : ''}`}>
        {direction === 'out' && `${STATUS[status] ?? status} · `}
        <Moment at={status === 'scheduled' ? (sendAt ?? message.created_at) : message.created_at} />
        {hasFailed && problem !== null && ` · ${problem}`}
      </div>
    </li>
  );
}
