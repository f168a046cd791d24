import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { appointments, type Appointment } from '../../api/appointment-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { DateTimePicker } from '../../ui/date-inputs.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { localOf, workspaceTimeZone, utcOf } from '../../ui/format.ts';
import { notifyDone } from '../../ui/notify.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { minutesOf, whenText, zoneText } from './appointment-time.ts';
import { GuestMailChoice } from './guest-mail-choice.tsx';

const MINUTE_MS = 60_000;

interface Values {
  /** In the workspace's time zone: `YYYY-MM-DD HH:mm:ss`. */
  starts_at: string | null;
  minutes: number | string;
  reschedule_reason: string;
  sends_mail: boolean;
}

/**
 * Moves an appointment, and asks whether to tell the guest.
 * @param start the proposed start (ISO 8601); default: the present one
 */
export function RescheduleForm({
  appointment,
  start = appointment.starts_at,
  onClose,
}: {
  appointment: Appointment;
  start?: string;
  onClose: () => void;
}) {
  const { mutateAsync: update } = useUpdateRecord(appointments);
  const initial: Values = {
    starts_at: localOf(start),
    minutes: minutesOf(appointment),
    reschedule_reason: '',
    sends_mail: appointment.sends_mail,
  };
  const api = useApiForm(initial, async (values) => {
    if (values.starts_at === null || values.minutes === '') return;
    const startMs = Date.parse(utcOf(values.starts_at));
    const saved = await update({
      id: appointment.id,
      version: appointment.version,
      change: {
        starts_at: new Date(startMs).toISOString(),
        ends_at: new Date(startMs + Number(values.minutes) * MINUTE_MS).toISOString(),
        reschedule_reason: values.reschedule_reason.trim() || null,
        ...(values.sends_mail !== appointment.sends_mail && { sends_mail: values.sends_mail }),
      },
    });
    notifyDone(`Moved to ${whenText(saved)}`);
    onClose();
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Reschedule ${appointment.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm" c="dimmed">
            Now: {whenText(appointment)}
          </Text>
          <Group grow align="flex-start" wrap="nowrap">
            <DateTimePicker label="New start" required {...api.form.getInputProps('starts_at')} />
            <NumberInput
              label="Minutes"
              min={1}
              max={44_640}
              allowDecimal={false}
              required
              {...api.form.getInputProps('minutes')}
            />
          </Group>
          <Text size="xs" c="dimmed" mt={-8}>
            Times of {zoneText(workspaceTimeZone())}
          </Text>
          <TextInput
            label="Reason"
            description="Optional. The guest reads it."
            maxLength={1000}
            {...api.form.getInputProps('reschedule_reason')}
          />
          <GuestMailChoice
            appointment={appointment}
            input={api.form.getInputProps('sends_mail', { type: 'checkbox' })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep the time
            </Button>
            <Button type="submit" loading={api.busy}>
              Move appointment
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
