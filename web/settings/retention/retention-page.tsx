import { Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { retentionQuery, type Retention } from '../../api/retention-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { RetentionForm } from './retention-form.tsx';
import classes from './retention-page.module.css';
import { dateText, numberText, sizeText } from '../../ui/format.ts';

/** The retention periods of events and delivery attempts, and the stored size. */
export function RetentionPage() {
  const { data: retention, error, refetch } = useQuery(retentionQuery);
  return (
    <>
      <PageHeader intro="How long events and delivery attempts are kept. Records are kept until you delete them." />
      <div className={classes.body}>
        {error && !retention && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!retention && !error && <Skeleton height={160} />}
        {retention && (
          <>
            <Stored retention={retention} />
            <section aria-labelledby="term-title">
              <Title order={2} id="term-title">
                Retention periods
              </Title>
              <Text size="sm" c="dimmed" mb="sm">
                Older data is permanently deleted within an hour. Events with pending deliveries are kept
                until they are delivered.
              </Text>
              <RetentionForm
                key={`${retention.event_days} ${retention.attempt_days}`}
                retention={retention}
              />
            </section>
          </>
        )}
      </div>
    </>
  );
}

function Stored({ retention: { size } }: { retention: Retention }) {
  return (
    <section aria-labelledby="stored-title">
      <Title order={2} id="stored-title" mb="xs">
        Stored data
      </Title>
      <PropertyList label="Stored data">
        <Property name="Size">About {sizeText(size.bytes)}</Property>
        <Property name="Events">{countText(size.events, size.oldest_event_at)}</Property>
        <Property name="Attempts">{countText(size.attempts, size.oldest_attempt_at)}</Property>
      </PropertyList>
    </section>
  );
}

function countText(count: number, oldest: string | null): string {
  if (oldest === null) return 'None';
  return `${numberText(count)}, oldest from ${dateText(Date.parse(oldest))}`;
}
