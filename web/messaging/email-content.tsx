import { Alert, Anchor, Group } from '@mantine/core';
import { IconAlertTriangle, IconPaperclip } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { emailContentQuery, type Email } from '../api/email-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { lazy, Suspense } from 'react';
import { EmailBody } from './email-body.tsx';
import classes from './email-content.module.css';

const ReceivedMail = lazy(async () => ({ default: (await import('./received-mail.tsx')).ReceivedMail }));

/** What an email says, on its page. */
export function EmailContent({ email }: { email: Email }) {
  const { data: content, error, refetch } = useQuery(emailContentQuery(email));
  const problem = email.bounce_reason ?? email.status_reason;
  return (
    <section className={classes.root} aria-label="Email">
      {problem !== null && (
        <Alert color={email.status === 'bounced' ? 'red' : 'yellow'} icon={<IconAlertTriangle size={18} />}>
          {problem}
        </Alert>
      )}
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      {content && (
        <>
          <p className={classes.people}>
            {content.from_name ?? content.from} → {content.to}
            {content.cc.length > 0 && `, Cc ${content.cc.join(', ')}`}
            {content.bcc.length > 0 && `, Bcc ${content.bcc.join(', ')}`}
          </p>
          {content.dropped_recipients.length > 0 && (
            <p className={classes.people}>
              Not sent to {content.dropped_recipients.join(', ')}: on the suppression list.
            </p>
          )}
          {email.direction === 'in' ? (
            <Suspense>
              <ReceivedMail id={email.id} content={content} />
            </Suspense>
          ) : (
            <EmailBody html={content.html} text={content.text} />
          )}
          {content.attachments.length > 0 && (
            <Group gap="md">
              {content.attachments.map(({ name, url, problem: missing }) =>
                url === null ? (
                  <span key={name} className={classes.people}>
                    <IconPaperclip size={14} /> {name}: {missing === 'too_large' ? 'too large' : 'not stored'}
                  </span>
                ) : (
                  <Anchor key={url} href={url} download={name} size="sm">
                    <IconPaperclip size={14} /> {name}
                  </Anchor>
                ),
              )}
            </Group>
          )}
        </>
      )}
    </section>
  );
}
