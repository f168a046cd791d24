import { Button, Group, Skeleton, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { connectionKindsQuery, useTestConnection } from '../api/connection-queries.ts';
import { mailSourcesQuery, type MailSource } from '../api/inbound-mail-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { PersonName } from '../record/person.tsx';
import { ConnectionState } from '../settings/connections/connection-state.tsx';
import { CopyText } from '../ui/copy-text.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './inbound-mail-page.module.css';
import { MailReaders } from './mail-readers.tsx';

/** Mailboxes, and accounts at providers that forward mail: who reads it, and whether it arrives. */
export function MailSources() {
  const { data: sources, error, refetch } = useQuery(mailSourcesQuery);
  const mayManage = useHasScope('connections:manage');
  return (
    <section aria-labelledby="sources-title">
      <Title order={2} id="sources-title" mb="xs">
        Mailboxes and providers
      </Title>
      {error && !sources && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!sources && !error && <Skeleton height={80} />}
      {sources?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet. Connect a mailbox, or the account of a provider that forwards mail.
        </Text>
      )}
      {sources && sources.length > 0 && (
        <ul className={classes.sources}>
          {sources.map((source) => (
            <Source key={source.connection_id} source={source} mayManage={mayManage} />
          ))}
        </ul>
      )}
      {mayManage && (
        <Text size="sm" mt="sm">
          <TextLink {...paths.connections()}>Add a connection</TextLink>
        </Text>
      )}
    </section>
  );
}

function Source({ source, mayManage }: { source: MailSource; mayManage: boolean }) {
  const { connection_id: id, name, kind, url, state, last_received_at: last, last_error: problem } = source;
  const { data: kinds = [] } = useQuery(connectionKindsQuery);
  const found = kinds.find((item) => item.name === kind);
  return (
    <li>
      <div className={classes.name}>
        <div className={classes.head}>
          <TextLink {...paths.connection(id)}>{name}</TextLink>
          <Text size="sm" c="dimmed">
            {found?.label ?? kind}
          </Text>
          <ConnectionState state={state} />
        </div>
        <Text size="sm" c="dimmed" component="div">
          {last ? (
            <>
              Last email <Moment at={last} />
            </>
          ) : (
            'No email yet'
          )}
          {' · '}
          <Readers source={source} />
        </Text>
        {url !== null && last === null && <CopyText text={url} />}
        {state === 'failing' && problem !== null && <p className={classes.error}>{problem}</p>}
      </div>
      {mayManage && (
        <Group gap="xs">
          {found?.has_test && <Test id={id} />}
          <ChangeReaders source={source} />
        </Group>
      )}
    </li>
  );
}

function Readers({ source: { visibility, owner } }: { source: MailSource }) {
  if (visibility === 'team') return 'The team reads it';
  return (
    <>
      Only <PersonName id={owner} /> reads it
    </>
  );
}

function Test({ id }: { id: string }) {
  const { mutateAsync: test, isPending } = useTestConnection(id);
  return (
    <Button
      size="xs"
      variant="default"
      loading={isPending}
      onClick={() =>
        notifyWhenDone(test(), ({ ok, message }) =>
          ok ? notifyDone(message) : notifyError(new Error(message)),
        )
      }
    >
      Test
    </Button>
  );
}

function ChangeReaders({ source }: { source: MailSource }) {
  const [isOpen, dialog] = useDisclosure();
  return (
    <>
      <Button size="xs" variant="default" onClick={dialog.open}>
        Who reads it
      </Button>
      {isOpen && <MailReaders source={source} onClose={dialog.close} />}
    </>
  );
}
