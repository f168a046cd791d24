import { Accordion, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { inboxRequestsQuery, type Inbox, type InboxRequest } from '../../api/inbox-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

/** The requests of an inbox, newest first, updated live. */
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
          No requests yet. New requests appear here automatically.
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
                  label={request.body_encoding === 'base64' ? 'Body (base64)' : 'Body'}
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
          {signed ? 'Signature valid' : 'Signature invalid'}
        </StateBadge>
      )}
    </Group>
  );
}

function headerLines({ headers }: InboxRequest): string {
  return headers.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

/** Formats JSON; other bodies stay unchanged. */
function shownBody({ body }: InboxRequest): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
