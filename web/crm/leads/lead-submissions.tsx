import { Accordion, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { leadSubmissionsQuery, type LeadSubmission } from '../../api/lead-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';

/** Labels of channels; an unknown channel shows its name. */
const CHANNELS: Readonly<Record<string, string>> = { api: 'Lead API' };

/** The submissions of a lead as they were received, newest first. */
export function LeadSubmissions({ leadId }: { leadId: string }) {
  const list = useInfiniteQuery(leadSubmissionsQuery(leadId));
  return (
    <section aria-labelledby="submissions-title">
      <Title order={2} id="submissions-title" mb="sm">
        Submissions
      </Title>
      {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton height={44} />}
      {list.data?.length === 0 && <Text c="dimmed">Created manually; no submissions.</Text>}
      {list.data && list.data.length > 0 && (
        <Accordion variant="contained" chevronPosition="left">
          {list.data.map((submission) => (
            <Accordion.Item key={submission.id} value={submission.id}>
              <Accordion.Control>
                <Group gap="xs">
                  {CHANNELS[submission.channel] ?? submission.channel}
                  <Text size="sm" c="dimmed" span>
                    <Moment at={submission.received_at} />
                    {origin(submission)}
                  </Text>
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                <Submission submission={submission} />
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
      {list.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Show earlier submissions
        </Button>
      )}
    </section>
  );
}

function Submission({ submission }: { submission: LeadSubmission }) {
  const { address, referrer, utm, crm_lead_id: crmLeadId, payload } = submission;
  return (
    <Stack gap="md">
      <PropertyList label="Origin">
        <Property name="Referrer">{referrer}</Property>
        {Object.entries(utm).map(([name, value]) => (
          <Property key={name} name={name}>
            {value}
          </Property>
        ))}
        <Property name="IP address">{address}</Property>
        {crmLeadId && <Property name="CRM lead ID">{crmLeadId}</Property>}
      </PropertyList>
      <CodeBlock label="Payload" code={JSON.stringify(payload, null, 2)} />
    </Stack>
  );
}

/** The UTM source, or else the host of the referrer. */
function origin({ utm, referrer }: LeadSubmission): string {
  const from =
    utm['utm_source'] ?? (referrer !== null && URL.canParse(referrer) ? new URL(referrer).host : '');
  return from === '' ? '' : ` · from ${from}`;
}
