import { Alert, Title } from '@mantine/core';
import { IconAlertCircle, IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import {
  connectionKindsQuery,
  connectionQuery,
  type Connection,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { useScopeCheck } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { Actor } from '../../record/actor.tsx';
import { capitalised } from '../../ui/capitalised.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { ConnectionActions } from './connection-actions.tsx';
import { ConnectionEvents } from './connection-events.tsx';
import { ConnectionLog } from './connection-log.tsx';
import classes from './connection-page.module.css';
import { ConnectionPulse } from './connection-pulse.tsx';
import { ConnectionReconciliations } from './connection-reconciliations.tsx';
import { ConnectionSetup } from './connection-setup.tsx';
import { ConnectionState } from './connection-state.tsx';

/** Loaded on demand: only accounts that send emails have it. */
const EmailAccountPanel = lazy(async () => ({
  default: (await import('../../messaging/email-account-panel.tsx')).EmailAccountPanel,
}));

const route = getRouteApi('/inside/settings/connections/$id');

/** A connection: its URLs, what to do in the other system, and what came in, updated live. */
export function ConnectionPage() {
  const { id } = route.useParams();
  const { data: connection, error, refetch } = useQuery(connectionQuery(id));
  const { data: kinds = [] } = useQuery(connectionKindsQuery);
  const hasScope = useScopeCheck();
  const breadcrumb = <TextLink {...paths.connections()}>Connections</TextLink>;
  if (error && !connection) {
    return (
      <>
        <PageHeader title="Couldn’t load this connection" breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  const kind = kinds.find(({ name }) => name === connection?.kind);
  /** Its payments are read, and its events can be applied again. */
  const isProvider = kind?.scopes.includes('payments:write') ?? false;
  const mayApply = isProvider && ['connections:manage', ...kind!.scopes].every(hasScope);
  if (!connection) return <PageHeader title="Connection" breadcrumb={breadcrumb} />;
  return (
    <>
      <PageHeader
        title={connection.name}
        breadcrumb={breadcrumb}
        badge={<ConnectionState state={connection.state} />}
        actions={kind && <ConnectionActions connection={connection} kind={kind} />}
      />
      <Notices connection={connection} />
      <ConnectionPulse connection={connection} kind={kind} />
      <div className={classes.facts}>
        <Facts connection={connection} kind={kind} />
        {kind && (
          <div className={classes.guide}>
            <Steps kind={kind} />
            <ConnectionSetup connection={connection} kind={kind} />
            <ConnectionEvents connection={connection} kind={kind} />
          </div>
        )}
      </div>
      {kind?.scopes.includes('emails:send') && (
        <Suspense>
          <EmailAccountPanel connection={connection} />
        </Suspense>
      )}
      {isProvider && <ConnectionReconciliations connection={connection} mayCheck={mayApply} />}
      <ConnectionLog connection={connection} mayApply={mayApply} />
    </>
  );
}

function Notices({
  connection: { state, last_error: lastError, last_error_at: at, urls },
}: {
  connection: Connection;
}) {
  return (
    <>
      {state === 'failing' && lastError !== null && (
        <Alert color="red" icon={<IconAlertCircle size={18} />} className={classes.message}>
          The last request was refused
          {at && (
            <>
              {' '}
              <Moment at={at} />
            </>
          )}
          : {lastError}
        </Alert>
      )}
      {urls.some(({ url }) => !url.startsWith('https:')) && (
        <Alert color="yellow" icon={<IconWorld size={18} />} className={classes.message}>
          Other systems need a public HTTPS address. Set FAIRLEAD_PUBLIC_URL to that of this installation.
        </Alert>
      )}
    </>
  );
}

function Facts({ connection, kind }: { connection: Connection; kind: ConnectionKind | undefined }) {
  const settings = (kind?.fields ?? []).filter(({ secret }) => !secret);
  return (
    <PropertyList label="About this connection">
      {connection.urls.map(({ label, url }) => (
        <Property key={url} name={label}>
          <CopyText text={url} />
        </Property>
      ))}
      <Property name="Kind">{kind?.label ?? connection.kind}</Property>
      {settings.map((field) => (
        <Property key={field.name} name={field.label}>
          {field.kind === 'select'
            ? capitalised(settingText(connection.settings[field.name]))
            : settingText(connection.settings[field.name])}
        </Property>
      ))}
      <Property name="Last event">
        {connection.last_event_at && <Moment at={connection.last_event_at} />}
      </Property>
      {connection.old_secrets_until && (
        <Property name="Old secret accepted">
          <Moment at={connection.old_secrets_until} />
        </Property>
      )}
      <Property name="Created">
        <Moment at={connection.created_at} />
      </Property>
      <Property name="Created by">
        <Actor actor={connection.created_by} />
      </Property>
    </PropertyList>
  );
}

function settingText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Steps({ kind }: { kind: ConnectionKind }) {
  return (
    <section aria-labelledby="steps-title">
      <Title order={2} id="steps-title">
        In the other system
      </Title>
      <ol className={classes.steps}>
        {kind.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </section>
  );
}
