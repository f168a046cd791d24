import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { appointments, type Appointment } from '../../api/appointment-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { whenText } from './appointment-time.ts';
import { GuestMailChoice } from './guest-mail-choice.tsx';

/** Cancels an appointment, or declines one that waits for confirmation. */
export function CancelForm({ appointment, onClose }: { appointment: Appointment; onClose: () => void }) {
  const { mutateAsync: update } = useUpdateRecord(appointments);
  const isRequest = appointment.status === 'pending';
  const initial = { cancel_reason: '', sends_mail: appointment.sends_mail };
  const api = useApiForm(initial, async ({ cancel_reason: reason, sends_mail: sendsMail }) => {
    await update({
      id: appointment.id,
      version: appointment.version,
      change: {
        status: 'canceled',
        cancel_reason: reason.trim() || null,
        ...(sendsMail !== appointment.sends_mail && { sends_mail: sendsMail }),
      },
    });
    notifyDone(isRequest ? 'Appointment declined' : 'Appointment canceled');
    onClose();
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={isRequest ? `Decline ${appointment.title}` : `Cancel ${appointment.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm">{whenText(appointment)}. The time becomes free again.</Text>
          <Textarea
            label="Reason"
            description="Optional. The guest reads it."
            autosize
            minRows={2}
            maxLength={1000}
            data-autofocus
            {...api.form.getInputProps('cancel_reason')}
          />
          <GuestMailChoice
            appointment={appointment}
            input={api.form.getInputProps('sends_mail', { type: 'checkbox' })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep it
            </Button>
            <Button type="submit" color="red" loading={api.busy}>
              {isRequest ? 'Decline' : 'Cancel appointment'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
