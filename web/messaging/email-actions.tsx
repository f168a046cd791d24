import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconSend, IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEmailCommand, type Email } from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { confirm } from '../ui/confirm.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { EmailDrawer } from './email-drawer.tsx';

const WAITING = new Set<Email['status']>(['scheduled', 'queued', 'deferred', 'draft']);
const SENDABLE = new Set<Email['status']>(['unknown', 'failed', 'cancelled']);

/** The buttons of the page of an email. */
export function EmailActions({ email }: { email: Email }) {
  const maySend = useHasScope('emails:send');
  const navigate = useNavigate();
  const [replying, reply] = useDisclosure();
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
      {replying && (
        <EmailDrawer
          answered={{ id: email.id, subject: replySubject(email.subject) }}
          onClose={reply.close}
          onSent={(id) => void navigate(paths.record('emails', id))}
        />
      )}
    </>
  );
}

function replySubject(subject: string | null): string {
  if (subject === null) return '';
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`;
}
