import { Button } from '@mantine/core';
import { IconCalendarX, IconCheck, IconClock, IconUserX } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { appointments, type Appointment } from '../../api/appointment-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useNow } from '../../ui/now.ts';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';

const RescheduleForm = lazy(async () => ({
  default: (await import('./reschedule-form.tsx')).RescheduleForm,
}));
const CancelForm = lazy(async () => ({ default: (await import('./cancel-form.tsx')).CancelForm }));

/** The buttons of an appointment: those that its status and its time allow. */
export function AppointmentActions({ appointment }: { appointment: Appointment }) {
  const { mutateAsync: update, isPending } = useUpdateRecord(appointments);
  const [open, setOpen] = useState<'reschedule' | 'cancel' | null>(null);
  const now = useNow();
  const { id, version, status } = appointment;
  const isOver = Date.parse(appointment.ends_at) < now;
  const hasBegun = Date.parse(appointment.starts_at) < now;
  const isOpen = status === 'pending' || status === 'booked';
  const setStatus = (next: Appointment['status'], message: string) =>
    notifyWhenDone(update({ id, version, change: { status: next } }), () => notifyDone(message));
  const close = () => setOpen(null);
  return (
    <>
      {status === 'pending' && (
        <Button
          leftSection={<IconCheck size={15} />}
          loading={isPending}
          onClick={() => setStatus('booked', 'Appointment confirmed')}
        >
          Confirm
        </Button>
      )}
      {isOpen && !isOver && (
        <Button variant="default" leftSection={<IconClock size={15} />} onClick={() => setOpen('reschedule')}>
          Reschedule
        </Button>
      )}
      {status === 'booked' && hasBegun && (
        <>
          <Button
            variant="default"
            leftSection={<IconCheck size={15} />}
            loading={isPending}
            onClick={() => setStatus('completed', 'Appointment completed')}
          >
            Complete
          </Button>
          <NoShowButton isPending={isPending} onClick={() => setStatus('no_show', 'Marked as no-show')} />
        </>
      )}
      {status === 'completed' && (
        <NoShowButton isPending={isPending} onClick={() => setStatus('no_show', 'Marked as no-show')} />
      )}
      {status === 'no_show' && (
        <Button
          variant="default"
          loading={isPending}
          onClick={() => setStatus('completed', 'Appointment completed')}
        >
          Guest came
        </Button>
      )}
      {((isOpen && !isOver) || status === 'pending') && (
        <Button variant="default" leftSection={<IconCalendarX size={15} />} onClick={() => setOpen('cancel')}>
          {status === 'pending' ? 'Decline' : 'Cancel'}
        </Button>
      )}
      <Suspense>
        {open === 'reschedule' && <RescheduleForm appointment={appointment} onClose={close} />}
        {open === 'cancel' && <CancelForm appointment={appointment} onClose={close} />}
      </Suspense>
    </>
  );
}

function NoShowButton({ isPending, onClick }: { isPending: boolean; onClick: () => void }) {
  return (
    <Button variant="default" leftSection={<IconUserX size={15} />} loading={isPending} onClick={onClick}>
      No-show
    </Button>
  );
}
