import { Accordion, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { inboxRequestsQuery, type Inbox, type InboxRequest } from '../../api/inbox-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/moment.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

/** What arrived in an inbox, newest first; it comes up by itself. */
export function InboxRequests({ inbox }: { inbox: Inbox }) {
  const { data: requests, error, refetch } = useQuery(inboxRequestsQuery(inbox.id));
  return (
    <section aria-label="Requests">
      <Title order={2} mb="xs">
        Requests
      </Title>
      {error && !requests && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!requests && !error && <Skeleton height={80} />}
      {requests?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has arrived yet. It will be here within moments.
        </Text>
      )}
      <Accordion variant="separated" aria-live="polite">
        {requests?.map((request) => (
          <Accordion.Item key={request.id} value={request.id}>
            <Accordion.Control>
              <Summary request={request} />
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="sm">
                <CodeBlock label="Headers" code={headerLines(request)} />
                <CodeBlock
                  label={request.body_encoding === 'base64' ? 'Body, as base64' : 'Body'}
                  code={shownBody(request)}
                />
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  );
}

function Summary({ request: { method, query, size, signed, received_at: at } }: { request: InboxRequest }) {
  return (
    <Group gap="md">
      <Text size="sm" fw={600}>
        {method}
        {query}
      </Text>
      <Text size="sm" c="dimmed">
        {size} bytes, <Moment at={at} />
      </Text>
      {signed !== null && (
        <StateBadge tone={signed ? 'good' : 'bad'}>
          {signed ? 'signature is right' : 'signature is wrong'}
        </StateBadge>
      )}
    </Group>
  );
}

function headerLines({ headers }: InboxRequest): string {
  return headers.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

/** JSON is laid out to be read; anything else is shown as it came. */
function shownBody({ body }: InboxRequest): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
