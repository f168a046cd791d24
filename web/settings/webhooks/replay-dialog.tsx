import { Button, Group, Modal, MultiSelect, Select, Stack, Text } from '@mantine/core';
import { DateTimePicker } from '../../ui/date-inputs.tsx';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { replayCountQuery, useReplay, type Replay } from '../../api/delivery-queries.ts';
import { useEventNames } from '../../api/event-type-queries.ts';
import type { Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { localOf, numberText, utcOf } from '../../ui/format.ts';

const ONLY = [
  { value: 'undelivered', label: 'Failed and missed events' },
  { value: 'failed', label: 'Failed events' },
  { value: 'missed', label: 'Missed events, such as during a pause' },
  { value: 'all', label: 'All events, including delivered ones' },
] as const;

const DAY_MS = 86_400_000;

/** Resends events to a webhook since a time, and shows their number first. */
export function ReplayDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const [since, setSince] = useState(() => localOf(defaultSince(webhook)));
  const [until, setUntil] = useState<string | null>(null);
  const [only, setOnly] = useState<(typeof ONLY)[number]['value']>('undelivered');
  const [types, setTypes] = useState<string[]>([]);
  const names = useEventNames(webhook.format).filter(
    (name) => webhook.events.includes('*') || webhook.events.includes(name),
  );
  const request: Replay = {
    since: utcOf(since),
    ...(until !== null && { until: utcOf(until) }),
    ...(types.length > 0 && { types }),
    ...(only !== 'undelivered' && { only }),
  };
  const count = useQuery(replayCountQuery(webhook.id, request));
  const { mutateAsync: replay, isPending, error } = useReplay(webhook.id);
  const send = () =>
    notifyWhenDone(replay(request), (queued) => {
      notifyDone(queued === 1 ? 'Resending 1 event' : `Resending ${queued} events`);
      onClose();
    });
  const failure = error ?? count.error;

  return (
    <Modal opened onClose={onClose} title="Resend events">
      <Stack>
        {failure && <ErrorPanel error={failure} />}
        <Group grow align="flex-start">
          <DateTimePicker
            label="Since"
            value={since}
            onChange={(chosen) => chosen !== null && setSince(chosen)}
          />
          <DateTimePicker
            label="Until"
            placeholder="Now"
            value={until}
            onChange={setUntil}
            clearable
            clearButtonProps={{ 'aria-label': 'Clear until' }}
          />
        </Group>
        <Select
          label="Events"
          data={ONLY}
          value={only}
          onChange={(chosen) => setOnly(chosen ?? 'undelivered')}
          allowDeselect={false}
        />
        {names.length > 1 && (
          <MultiSelect
            label="Event types"
            placeholder={types.length === 0 ? 'All subscribed' : ''}
            data={names}
            value={types}
            onChange={setTypes}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Clear event types' }}
          />
        )}
        <Text size="sm" component="output">
          {count.data ? countText(count.data) : failure ? '' : 'Counting…'}
        </Text>
        <Text size="xs" c="dimmed">
          Events are sent in their original order with the same event IDs. Pending deliveries are not sent
          twice. Missed events must match the current filter.
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            loading={isPending}
            disabled={!count.data || (count.data.queued === 0 && !count.data.has_more)}
            onClick={send}
          >
            Resend
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** A day ago, or the creation of a newer webhook. */
function defaultSince({ created_at: createdAt }: Webhook): string {
  return new Date(Math.max(Date.now() - DAY_MS, Date.parse(createdAt))).toISOString();
}

function countText({ queued, has_more: more }: { queued: number; has_more: boolean }): string {
  if (queued === 0 && more) return 'Matching events will be sent. There are too many to count.';
  if (queued === 0) return 'No matching events';
  const number = numberText(queued);
  if (more) return `More than ${number} events will be sent.`;
  return queued === 1 ? '1 event will be sent.' : `${number} events will be sent.`;
}
