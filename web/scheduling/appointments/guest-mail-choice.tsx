import { Checkbox, Text } from '@mantine/core';
import type { Appointment } from '../../api/appointment-queries.ts';

/** Whether the guest gets a mail about a change. Without it, the appointment sends no further mail, reminders included. */
export function GuestMailChoice({
  appointment,
  input,
}: {
  appointment: Pick<Appointment, 'guest_email' | 'contact_id'>;
  /** The binding of a checkbox to the form. */
  input: object;
}) {
  if (appointment.guest_email === null && appointment.contact_id === null)
    return (
      <Text size="sm" c="dimmed">
        This appointment has no guest with an email address.
      </Text>
    );
  return (
    <Checkbox
      label="Tell the guest by email"
      description="Without it, this appointment sends no more mail: no reminders either."
      {...input}
    />
  );
}
