import { Button, Group, Modal, MultiSelect, Select, Stack, Text } from '@mantine/core';
import { DateTimePicker } from '@mantine/dates';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { replayCountQuery, useReplay, type Replay } from '../../api/delivery-queries.ts';
import { useEventNames } from '../../api/event-type-queries.ts';
import type { Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { localOf, utcOf } from '../../ui/moment-filter.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';

const ONLY = [
  { value: 'undelivered', label: 'What failed, and what was missed' },
  { value: 'failed', label: 'What failed' },
  { value: 'missed', label: 'What was missed, as while it was paused' },
  { value: 'all', label: 'Everything, what was delivered too' },
] as const;

const DAY_MS = 86_400_000;

/** Sends again what a webhook did not get since a time; says first how much that is. */
export function ReplayDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const [since, setSince] = useState(() => localOf(usualSince(webhook)));
  const [until, setUntil] = useState<string | null>(null);
  const [only, setOnly] = useState<(typeof ONLY)[number]['value']>('undelivered');
  const [types, setTypes] = useState<string[]>([]);
  const names = useEventNames(webhook.format).filter(
    (name) => webhook.events.includes('*') || webhook.events.includes(name),
  );
  const which: Replay = {
    since: utcOf(since),
    ...(until !== null && { until: utcOf(until) }),
    ...(types.length > 0 && { types }),
    ...(only !== 'undelivered' && { only }),
  };
  const count = useQuery(replayCountQuery(webhook.id, which));
  const { mutateAsync: replay, isPending, error } = useReplay(webhook.id);
  const send = () =>
    notifyWhenDone(replay(which), (queued) => {
      notifyDone(queued === 1 ? 'One event is being sent again.' : `${queued} events are being sent again.`);
      onClose();
    });
  const refused = error ?? count.error;

  return (
    <Modal opened onClose={onClose} title="Send again since a time">
      <Stack>
        {refused && <ErrorPanel error={refused} />}
        <Group grow align="flex-start">
          <DateTimePicker
            label="Since"
            valueFormat="D MMM YYYY HH:mm"
            value={since}
            onChange={(chosen) => chosen !== null && setSince(chosen)}
          />
          <DateTimePicker
            label="Until"
            placeholder="Now"
            valueFormat="D MMM YYYY HH:mm"
            value={until}
            onChange={setUntil}
            clearable
            clearButtonProps={{ 'aria-label': 'Clear until' }}
          />
        </Group>
        <Select
          label="What"
          data={ONLY}
          value={only}
          onChange={(chosen) => setOnly(chosen ?? 'undelivered')}
          allowDeselect={false}
        />
        {names.length > 1 && (
          <MultiSelect
            label="Event types"
            placeholder={types.length === 0 ? 'All of the webhook' : ''}
            data={names}
            value={types}
            onChange={setTypes}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': 'Clear event types' }}
          />
        )}
        <Text size="sm" component="output">
          {count.data ? told(count.data) : refused ? '' : 'Counting…'}
        </Text>
        <Text size="xs" c="dimmed">
          They go out in the order in which they happened, under the event ids that they have. What waits to
          be sent is not sent twice; what was missed has to pass the filter as it is now.
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
            Send again
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** A day ago; of a webhook that is younger, all of its life. */
function usualSince({ created_at: made }: Webhook): string {
  return new Date(Math.max(Date.now() - DAY_MS, Date.parse(made))).toISOString();
}

function told({ queued, has_more: more }: { queued: number; has_more: boolean }): string {
  if (queued === 0 && more) return 'Events that pass the filter will be sent; there are too many to count.';
  if (queued === 0) return 'Nothing would be sent: there is no such event.';
  const number = queued.toLocaleString();
  if (more) return `More than ${number} events will be sent.`;
  return queued === 1 ? 'One event will be sent.' : `${number} events will be sent.`;
}
