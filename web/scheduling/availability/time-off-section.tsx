import { ActionIcon, Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { timeOffQuery, useCreateTimeOff, useRemoveTimeOff } from '../../api/availability-queries.ts';
import { DateTimePicker } from '../../ui/date-inputs.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { today, utcOf } from '../../ui/format.ts';
import { notifyError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { whenText } from '../appointments/appointment-time.ts';
import { addDays } from '../calendar/calendar-days.ts';
import classes from './availability-page.module.css';

/** Holidays and other absences of a member. */
export function TimeOffSection({ userId }: { userId: string }) {
  // One query for the whole visit.
  const [from] = useState(() => utcOf(`${today()} 00:00:00`));
  const { data, error, refetch } = useQuery(timeOffQuery(userId, from));
  const { mutate: remove } = useRemoveTimeOff();
  const [isAdding, add] = useDisclosure();
  return (
    <section aria-labelledby="time-off" className={classes.part}>
      <Title order={2} id="time-off">
        Time off
      </Title>
      {error && !data && <ErrorPanel error={error} retry={() => void refetch()} />}
      {data?.length === 0 && <Text c="dimmed">None is planned.</Text>}
      {data && data.length > 0 && (
        <ul className={classes.list}>
          {data.map((item) => (
            <li key={item.id}>
              <span className={classes.main}>
                {whenText(item)}
                {item.reason && <Text c="dimmed">{item.reason}</Text>}
              </span>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete time off: ${whenText(item)}`}
                onClick={() => remove(item.id, { onError: notifyError })}
              >
                <IconTrash size={15} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button variant="default" leftSection={<IconPlus size={15} />} onClick={add.open}>
          Add time off
        </Button>
      </div>
      {isAdding && <TimeOffForm userId={userId} onClose={add.close} />}
    </section>
  );
}

function TimeOffForm({ userId, onClose }: { userId: string; onClose: () => void }) {
  const { mutateAsync: create } = useCreateTimeOff();
  const initial = {
    starts_at: `${today()} 00:00:00` as string | null,
    ends_at: `${addDays(today(), 1)} 00:00:00` as string | null,
    reason: '',
  };
  const api = useApiForm(initial, async ({ starts_at: start, ends_at: end, reason }) => {
    if (start === null || end === null) return;
    await create({
      user_id: userId,
      starts_at: utcOf(start),
      ends_at: utcOf(end),
      reason: reason.trim() || null,
    });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title="Add time off" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <DateTimePicker label="From" required {...api.form.getInputProps('starts_at')} />
          <DateTimePicker label="Until" required {...api.form.getInputProps('ends_at')} />
          <TextInput
            label="Reason"
            description="Optional. Only your team sees it."
            maxLength={200}
            {...api.form.getInputProps('reason')}
          />
          <Text size="sm" c="dimmed">
            Appointments in this time stay. Move or cancel them yourself.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Add time off
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
