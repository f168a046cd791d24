import { Button, Drawer, Group, Skeleton, Stack, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { deliveryQuery, useResend, type Attempt } from '../../api/delivery-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { DeliveryState } from './delivery-state.tsx';
import { numberText } from '../../ui/format.ts';

/** One delivery with its attempts, requests and responses. */
export function DeliveryDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: delivery, error, refetch } = useQuery(deliveryQuery(id));
  const mayManage = useHasScope('webhooks:manage');
  const { mutate: resend, isPending } = useResend();
  const isWaiting = delivery?.state === 'pending' || delivery?.state === 'retrying';
  const onSuccess = () => notifyDone(isWaiting ? 'Sending now' : 'Delivery queued');

  return (
    <Drawer
      opened
      onClose={onClose}
      size="34rem"
      title={delivery?.event_type ?? 'Delivery'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {error && !delivery && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!delivery && !error && <Skeleton height={120} />}
      {delivery && (
        <Stack gap="lg">
          <PropertyList label="Delivery">
            <Property name="State">
              <DeliveryState state={delivery.state} />
            </Property>
            <Property name="Created">
              <Moment at={delivery.created_at} />
            </Property>
            {delivery.next_attempt_at && (
              <Property name="Next attempt">
                <Moment at={delivery.next_attempt_at} />
              </Property>
            )}
            <Property name="Event ID">
              <CopyText text={delivery.event_id} />
            </Property>
            <Property name="Delivery ID">
              <CopyText text={delivery.id} />
            </Property>
          </PropertyList>
          {mayManage && delivery.kind !== 'test' && (
            <Group>
              <Button
                variant="default"
                leftSection={<IconRefresh size={15} />}
                loading={isPending}
                onClick={() => resend(id, { onSuccess, onError: notifyError })}
              >
                {isWaiting ? 'Send now' : 'Resend'}
              </Button>
            </Group>
          )}
          {delivery.attempt_log.toReversed().map((attempt) => (
            <AttemptDetails key={attempt.id} attempt={attempt} />
          ))}
        </Stack>
      )}
    </Drawer>
  );
}

function AttemptDetails({ attempt }: { attempt: Attempt }) {
  return (
    <section aria-label={`Attempt ${attempt.number}`}>
      <Title order={2} mb="xs">
        Attempt {attempt.number}
      </Title>
      <PropertyList label={`Attempt ${attempt.number}`}>
        <Property name="Status">{attempt.status}</Property>
        {attempt.failure && <Property name="Failure">{attempt.failure}</Property>}
        {attempt.detail && <Property name="Detail">{attempt.detail}</Property>}
        <Property name="Duration">{numberText(attempt.duration_ms)} ms</Property>
        <Property name="Time">
          <Moment at={attempt.at} />
        </Property>
      </PropertyList>
      <Stack mt="sm" gap="sm">
        {attempt.response && <CodeBlock label="Response" code={attempt.response} />}
        {attempt.request && <CodeBlock label="Request" code={requestText(attempt.request)} />}
      </Stack>
    </section>
  );
}

/** The request as sent, without the values of custom headers. */
function requestText({ method, url, headers, body }: NonNullable<Attempt['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${url}`, ...lines, '', body ?? 'The body is no longer stored.'].join('\n');
}
