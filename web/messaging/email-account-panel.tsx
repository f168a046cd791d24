import { Alert, Button, Code, Title } from '@mantine/core';
import { IconPlayerPause } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { emailAccountsQuery, emailDomainQuery, useResumeAccount } from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';
import classes from './email-account-panel.module.css';

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  missing: 'bad',
  wrong: 'bad',
  unknown: 'warning',
};

/** Whether an account is paused, and what its domain lacks. */
export function EmailAccountPanel({ connection }: { connection: { id: string } }) {
  const mayManage = useHasScope('connections:manage');
  const { data: accounts = [] } = useQuery(emailAccountsQuery);
  const { data: domain, error, isFetching, refetch } = useQuery(emailDomainQuery(connection.id));
  const { mutate: resume, isPending } = useResumeAccount();
  const account = accounts.find(({ id }) => id === connection.id);
  const onResume = () =>
    resume(connection.id, { onSuccess: () => notifyDone('Account resumed'), onError: notifyError });
  return (
    <section className={classes.root} aria-label="Email account">
      {account?.paused_at && (
        <Alert color="red" icon={<IconPlayerPause size={18} />} title="This account is paused">
          <p className={classes.reason}>{account.pause_reason}</p>
          {mayManage && (
            <Button size="xs" loading={isPending} onClick={onResume}>
              Resume
            </Button>
          )}
        </Alert>
      )}
      <div className={classes.head}>
        <Title order={2}>DNS of {domain?.domain ?? 'the sender'}</Title>
        <Button size="xs" variant="default" loading={isFetching} onClick={() => void refetch()}>
          Check again
        </Button>
      </div>
      {error && <ErrorPanel error={error} />}
      <ul className={classes.records}>
        {domain?.records.map(({ kind, state, name, type, expected, message }) => (
          <li key={kind}>
            <div className={classes.head}>
              <strong>{kind.toUpperCase()}</strong>
              <StateBadge tone={TONES[state] ?? 'warning'}>{state}</StateBadge>
            </div>
            <p className={classes.reason}>{message}</p>
            {expected !== null && (
              <Code block>
                {name} {type} {expected}
              </Code>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
