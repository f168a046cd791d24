import { lazy, Suspense } from 'react';
import { Alert, Button, Code, Group, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertCircle, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useHasScope } from '../../api/session-queries.ts';
import { webhookQuery, type Webhook } from '../../api/webhook-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { BreakerNotice, BreakerState } from './breaker-state.tsx';
import { DeliveryLog } from './delivery-log.tsx';
import { durationsSummary } from './durations.ts';
import { FormatName } from './format-select.tsx';
import { OrderFact, rateText } from './pace-options.tsx';
import { WebhookActions } from './webhook-actions.tsx';
import classes from './webhook-page.module.css';
import { WebhookState } from './webhook-state.tsx';

const ReplayDialog = lazy(async () => ({ default: (await import('./replay-dialog.tsx')).ReplayDialog }));

const route = getRouteApi('/inside/settings/webhooks/$id');

export function WebhookPage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: webhook, error, refetch } = useQuery(webhookQuery(id));
  const breadcrumb = <TextLink {...paths.webhooks()}>Webhooks</TextLink>;
  if (error && !webhook) {
    return (
      <>
        <PageHeader title="Couldn’t load this webhook" breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  if (!webhook) return <PageHeader title="Webhook" breadcrumb={breadcrumb} />;

  return (
    <>
      <PageHeader
        title={webhook.name}
        breadcrumb={breadcrumb}
        badge={<WebhookState state={webhook.state} />}
        actions={<WebhookActions webhook={webhook} />}
      />
      {webhook.reason !== null && webhook.state === 'disabled' && (
        <Alert color="red" icon={<IconAlertCircle size={18} />} className={classes.message}>
          Disabled: {webhook.reason}. Resume it when the receiver works again.
        </Alert>
      )}
      <BreakerNotice breaker={webhook.breaker} className={classes.message} />
      <div className={classes.body}>
        <section className={classes.log} aria-labelledby="activity-title">
          <Group justify="space-between" className={classes.head}>
            <Title order={2} id="activity-title">
              Recent Activity
            </Title>
            <ReplayButton webhook={webhook} />
          </Group>
          <DeliveryLog
            webhookId={id}
            search={search}
            onSearch={(change) =>
              void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
            }
          />
        </section>
        <aside className={classes.facts} aria-label="About this webhook">
          <Facts webhook={webhook} />
        </aside>
      </div>
    </>
  );
}

/** Resends events; only for an active webhook. */
function ReplayButton({ webhook }: { webhook: Webhook }) {
  const mayManage = useHasScope('webhooks:manage');
  const [replaying, replay] = useDisclosure();
  if (!mayManage) return null;
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconRefresh size={14} />}
        disabled={!webhook.active}
        onClick={replay.open}
      >
        Resend events…
      </Button>
      <Suspense>{replaying && <ReplayDialog webhook={webhook} onClose={replay.close} />}</Suspense>
    </>
  );
}

function retriesOf({ retry: { max, intervals_s: intervals } }: Webhook): string {
  if (max === 0) return 'None';
  return `${max}: ${durationsSummary(intervals.slice(0, max))}`;
}

function signedText({ signed, signature }: Webhook): string {
  if (!signed) return 'No';
  return signature === 'v1a' ? 'With a private key (v1a)' : 'Yes';
}

function NamesFact({ webhook: { format, names } }: { webhook: Webhook }) {
  if (names !== format) return 'Fairlead names, UUIDs';
  return (
    <>
      <FormatName format={format} /> names, integer ids
    </>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  return (
    <>
      <PropertyList label="Properties">
        <Property name="URL">{webhook.url}</Property>
        <Property name="Method">
          {webhook.method}, {webhook.content_type === 'application/json' ? 'JSON' : 'form'}
        </Property>
        <Property name="Format">
          <FormatName format={webhook.format} />
        </Property>
        <Property name="Payload">{webhook.payload}</Property>
        {webhook.names !== null && (
          <Property name="Names and ids">
            <NamesFact webhook={webhook} />
          </Property>
        )}
        <Property name="Retries">{retriesOf(webhook)}</Property>
        <Property name="Timeout">{webhook.timeout_s} s</Property>
        <Property name="Disable after">
          {webhook.disable_after === null ? 'Never' : `${webhook.disable_after} consecutive failures`}
        </Property>
        <Property name="On 410 Gone">{webhook.disable_on_410 ? 'Disable' : 'Treat as a failure'}</Property>
        <Property name="Concurrency">{`Up to ${webhook.max_in_flight} requests`}</Property>
        <Property name="Rate">{rateText(webhook.rate_limit)}</Property>
        <Property name="Order">
          <OrderFact ordering={webhook.ordering} />
        </Property>
        <Property name="Circuit breaker">
          <BreakerState breaker={webhook.breaker} />
        </Property>
        <Property name="Signed">{signedText(webhook)}</Property>
        {webhook.public_key !== null && (
          <Property name="Public key">
            <CopyText text={webhook.public_key} />
          </Property>
        )}
        <Property name="Headers">{Object.keys(webhook.headers).join(', ')}</Property>
        <Property name="Created">
          <Moment at={webhook.created_at} />
        </Property>
        <Property name="ID">
          <CopyText text={webhook.id} />
        </Property>
      </PropertyList>
      {webhook.filter && <CodeBlock label="Filter" code={JSON.stringify(webhook.filter, null, 2)} />}
      <section>
        <Title order={3} mb="xs">
          Events
        </Title>
        {webhook.events.includes('*') ? (
          'All events'
        ) : (
          <ul className={classes.events}>
            {webhook.events.map((name) => (
              <li key={name}>
                <Code>{name}</Code>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
