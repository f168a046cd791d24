import { Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { integrationsQuery, type Integration } from '../../api/integration-queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { DocsLink } from '../../ui/docs-link.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import classes from './crm-webhook-page.module.css';

/** The URLs that other systems post to, and how each uses an inbound secret. */
export function InboundWebhooks() {
  const { data: integrations = [], error, refetch } = useQuery(integrationsQuery);
  return (
    <section aria-labelledby="urls-title">
      <div className={classes.head}>
        <Title order={2} id="urls-title">
          Inbound URLs
        </Title>
      </div>
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      <ul className={classes.urls}>
        {integrations.flatMap((integration) =>
          integration.inbound.map((inbound) => (
            <InboundUrl key={inbound.url} integration={integration} inbound={inbound} />
          )),
        )}
      </ul>
    </section>
  );
}

function InboundUrl({
  integration: { label, docs },
  inbound: { url, authentication },
}: {
  integration: Integration;
  inbound: Integration['inbound'][number];
}) {
  return (
    <li>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <CopyText text={url} />
      <Text size="sm" c="dimmed">
        {authentication} Documentation: <DocsLink docs={docs} />
      </Text>
    </li>
  );
}
