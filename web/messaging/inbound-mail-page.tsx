import { Alert, Button, Code, Group, Loader, Skeleton, Stack, Switch, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleMinus, IconMailOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import {
  inboundMailQuery,
  useChangeInboundMail,
  useCheckMailDomain,
  useReplaceAddress,
  type InboundMail,
  type InboundMailChange,
} from '../api/inbound-mail-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { confirm } from '../ui/confirm.tsx';
import { CopyText } from '../ui/copy-text.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { Moment } from '../ui/relative-time.tsx';
import classes from './inbound-mail-page.module.css';
import { MailSources } from './mail-sources.tsx';

/** How mail arrives: the address of the workspace, mailboxes and providers, and what is kept. */
export function InboundMailPage() {
  const { data: inbound, error, refetch } = useQuery(inboundMailQuery);
  return (
    <>
      <PageHeader intro="Emails that contacts write are recorded in their conversation. Each way in can be used alone." />
      <div className={classes.body}>
        {error && !inbound && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!inbound && !error && <Skeleton height={160} />}
        {inbound && <Address inbound={inbound} />}
        <MailSources />
        {inbound && <Kept inbound={inbound} />}
      </div>
    </>
  );
}

function Address({ inbound }: { inbound: InboundMail }) {
  const { address, domain, listener, last_email: last } = inbound;
  const mayManage = useHasScope('connections:manage');
  return (
    <section aria-labelledby="address-title">
      <Title order={2} id="address-title" mb="xs">
        Address of the workspace
      </Title>
      {address === null ? (
        <Alert color="yellow" icon={<IconMailOff size={18} />} title="No mail domain">
          The operator sets <Code>FAIRLEAD_MAIL_DOMAIN</Code> and <Code>FAIRLEAD_SMTP_LISTEN</Code>; see{' '}
          <Code>docs/mail-in.md</Code>. Mailboxes and providers work without it.
        </Alert>
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            What is sent to it is recorded: add it as Bcc, or forward an email to it. Anyone who knows the
            address can record emails, so keep it to the team.
          </Text>
          <PropertyList label="Address of the workspace">
            <Property name="Address">
              <CopyText text={address} />
            </Property>
            <Property name="Mail domain">{domain}</Property>
            <Property name="SMTP listener">
              {listener
                ? `On, port ${listener.port}, ${listener.has_tls ? 'with' : 'without'} TLS`
                : 'Not in this process; another one, or a provider, takes the mail'}
            </Property>
          </PropertyList>
          <output className={classes.pulse}>
            {last ? (
              <LastEmail last={last} />
            ) : (
              <>
                <Loader size={14} aria-hidden /> Send an email to the address: waiting for the first one…
              </>
            )}
          </output>
          <Group gap="xs">
            <CheckDomain />
            {mayManage && <ReplaceAddress />}
          </Group>
        </Stack>
      )}
    </section>
  );
}

const OUTCOMES: Readonly<Record<NonNullable<InboundMail['last_email']>['outcome'], string>> = {
  stored: 'recorded',
  duplicate: 'already recorded',
  report: 'a delivery report',
  unsubscribed: 'an unsubscription',
  ignored: 'not recorded',
};

const REASONS: Readonly<Record<string, string>> = {
  own_mail: 'it was sent from here',
  internal: 'only members wrote and received it',
  newsletter: 'it came from a mailing list',
  no_contact: 'no contact wrote or received it',
  no_sender: 'it has no sender',
  unproven_report: 'a delivery report without the return path of an email from here',
  unknown_email: 'the email that it answers no longer exists',
};

function LastEmail({ last }: { last: NonNullable<InboundMail['last_email']> }) {
  const { at, outcome, reason } = last;
  const Icon = outcome === 'ignored' ? IconCircleMinus : IconCircleCheck;
  return (
    <>
      <Icon size={17} className={outcome === 'ignored' ? classes.calm : classes.good} aria-hidden />
      <span>
        The address works. Last email <Moment at={at} />: {OUTCOMES[outcome]}
        {reason !== null && `, because ${REASONS[reason] ?? reason}`}
      </span>
    </>
  );
}

function CheckDomain() {
  const { mutateAsync: check, isPending, data: result } = useCheckMailDomain();
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        onClick={() => void check().catch((error: unknown) => notifyError(error as Error))}
      >
        Check DNS
      </Button>
      {result && (
        <Text component="output" size="sm" c={result.ok ? 'dimmed' : 'red'}>
          {result.message}
        </Text>
      )}
    </>
  );
}

function ReplaceAddress() {
  const { mutateAsync: replace, isPending } = useReplaceAddress();
  return (
    <Button
      size="xs"
      variant="default"
      loading={isPending}
      onClick={() =>
        confirm({
          title: 'Replace the address?',
          text: 'Emails to the former address are refused. Replies to emails from here still arrive.',
          action: 'Replace the address',
          onConfirm: () => notifyWhenDone(replace(), () => notifyDone('Address replaced')),
        })
      }
    >
      Replace
    </Button>
  );
}

const SWITCHES: readonly { name: keyof InboundMailChange; label: string; description: string }[] = [
  {
    name: 'create_contacts',
    label: 'Create contacts',
    description: 'An unknown sender becomes a contact.',
  },
  {
    name: 'keep_newsletters',
    label: 'Keep newsletters',
    description: 'Emails of mailing lists are recorded.',
  },
  {
    name: 'keep_internal',
    label: 'Keep internal emails',
    description: 'Emails that only members wrote and received are recorded.',
  },
  {
    name: 'match_subject',
    label: 'Match by subject',
    description: 'An email without references joins the conversation of its contact with the same subject.',
  },
];

function Kept({ inbound }: { inbound: InboundMail }) {
  const mayManage = useHasScope('connections:manage');
  const { mutate: change, isPending, variables } = useChangeInboundMail();
  return (
    <section aria-labelledby="kept-title">
      <Title order={2} id="kept-title" mb="xs">
        What is recorded
      </Title>
      <Stack gap="sm">
        {SWITCHES.map(({ name, label, description }) => (
          <Switch
            key={name}
            label={label}
            description={description}
            disabled={!mayManage}
            checked={(isPending ? variables?.[name] : undefined) ?? inbound[name]}
            onChange={({ currentTarget: { checked } }) =>
              change({ [name]: checked }, { onError: notifyError })
            }
          />
        ))}
      </Stack>
    </section>
  );
}
