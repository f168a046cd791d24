import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconMail, IconPencil, IconSend, IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useEmailCommand, type Email } from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useMarkEmail } from '../api/unread-queries.ts';
import { paths } from '../paths.ts';
import { confirm } from '../ui/confirm.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { EmailDrawer } from './email-drawer.tsx';
import { useReadMark } from './use-read-mark.ts';

const WAITING = new Set<Email['status']>(['scheduled', 'queued', 'deferred', 'draft']);
const EDITABLE = new Set<Email['status']>(['draft', 'scheduled']);
const SENDABLE = new Set<Email['status']>(['unknown', 'failed', 'cancelled']);

/** The buttons of the page of an email. */
export function EmailActions({ email }: { email: Email }) {
  const maySend = useHasScope('emails:send');
  const navigate = useNavigate();
  const [replying, reply] = useDisclosure();
  const [editing, edit] = useDisclosure();
  const mayWrite = useHasScope('emails:write');
  const { mutate: mark } = useMarkEmail();
  const { id, unread } = email;
  const markRead = useCallback(() => mark({ id, mark: 'read' }), [id, mark]);
  useReadMark(unread ? id : undefined, markRead);
  const markUnread = () => {
    mark({ id, mark: 'unread' }, { onError: notifyError });
    void navigate(paths.records('emails'));
  };
  const { mutateAsync: run, isPending } = useEmailCommand(email.id);
  const command = async (verb: Parameters<typeof run>[0], done: string) => {
    try {
      await run(verb);
      notifyDone(done);
    } catch (error) {
      notifyError(error as Error);
    }
  };
  const sendAgain = () =>
    email.status === 'unknown'
      ? confirm({
          title: 'Send this email again?',
          text: 'It may have arrived: the mail system did not answer. The recipient may then get it twice.',
          action: 'Send again',
          onConfirm: () => void command('send-again', 'Email on its way'),
        })
      : void command('send-again', 'Email on its way');
  return (
    <>
      {WAITING.has(email.status) && (
        <Button
          variant="default"
          leftSection={<IconX size={15} />}
          loading={isPending}
          onClick={() => void command('cancel', 'Email cancelled')}
        >
          Cancel
        </Button>
      )}
      {mayWrite && email.status === 'received' && (
        <Button variant="default" leftSection={<IconMail size={15} />} onClick={markUnread}>
          Mark as unread
        </Button>
      )}
      {maySend && EDITABLE.has(email.status) && (
        <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
          Edit email
        </Button>
      )}
      {maySend && email.status === 'draft' && (
        <Button
          leftSection={<IconSend size={15} />}
          loading={isPending}
          onClick={() => void command('send', 'Email on its way')}
        >
          Send
        </Button>
      )}
      {maySend && SENDABLE.has(email.status) && (
        <Button
          variant="default"
          leftSection={<IconSend size={15} />}
          loading={isPending}
          onClick={sendAgain}
        >
          Send again
        </Button>
      )}
      {maySend && (email.sent_at !== null || email.status === 'received') && (
        <Button variant="default" leftSection={<IconArrowBackUp size={15} />} onClick={reply.open}>
          Reply
        </Button>
      )}
      {editing && <EmailDrawer edited={email} onClose={edit.close} onSent={edit.close} />}
      {replying && (
        <EmailDrawer
          answered={{ id: email.id, subject: replySubject(email.subject) }}
          onClose={reply.close}
          onSent={(answer) => void navigate(paths.record('emails', answer))}
        />
      )}
    </>
  );
}

function replySubject(subject: string | null): string {
  if (subject === null) return '';
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`;
}
