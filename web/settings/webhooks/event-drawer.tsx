import { Drawer, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { deliveriesQuery } from '../../api/delivery-queries.ts';
import { eventQuery, type LoggedEvent } from '../../api/event-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { DeliveryState } from './delivery-state.tsx';
import classes from './event-drawer.module.css';
import { WebhookName } from './webhook-name.tsx';

/** One event with its record data and its deliveries. */
export function EventDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: event, error, refetch } = useQuery(eventQuery(id));
  const mayRead = useHasScope('webhooks:read');
  return (
    <Drawer
      opened
      onClose={onClose}
      size="34rem"
      title={event?.type ?? 'Event'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {error && !event && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!event && !error && <Skeleton height={120} />}
      {event && (
        <Stack gap="lg">
          <Facts event={event} />
          {mayRead && <EventDeliveries eventId={id} />}
          <CodeBlock label="Record data at the time" code={JSON.stringify(event.data, null, 2)} />
          {event.context && <CodeBlock label="Context" code={JSON.stringify(event.context, null, 2)} />}
        </Stack>
      )}
    </Drawer>
  );
}

function Facts({ event }: { event: LoggedEvent }) {
  return (
    <PropertyList label="Event">
      <Property name="Time">
        <Moment at={event.occurred_at} />
      </Property>
      <Property name="Webhooks">{event.matched}</Property>
      {event.reason !== null && <Property name="Reason">{event.reason}</Property>}
      <Property name="Actor">{event.actor}</Property>
      <Property name="Feed position">{event.seq}</Property>
      <Property name="Event ID">
        <CopyText text={event.id} />
      </Property>
      <Property name="Record ID">
        <CopyText text={event.object_id} />
      </Property>
    </PropertyList>
  );
}

function EventDeliveries({ eventId }: { eventId: string }) {
  const { data: deliveries, error } = useInfiniteQuery(deliveriesQuery(null, { event_id: eventId }));
  if (error) return <ErrorPanel error={error} />;
  if (!deliveries?.length) return null;
  return (
    <section aria-label="Deliveries of this event">
      <ul className={classes.deliveries}>
        {deliveries.map((delivery) => (
          <li key={delivery.id}>
            <TextLink {...paths.webhook(delivery.webhook_id)}>
              <WebhookName id={delivery.webhook_id} />
            </TextLink>
            <DeliveryState state={delivery.state} />
            <Moment at={delivery.created_at} />
          </li>
        ))}
      </ul>
      <TextLink {...paths.deliveriesOf(eventId)} size="sm">
        View in delivery log
      </TextLink>
    </section>
  );
}
