import type { Appointment } from '../../api/appointment-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const LOOK: Record<Appointment['status'], { tone: Tone; label: string }> = {
  pending: { tone: 'warning', label: 'Needs confirmation' },
  booked: { tone: 'accent', label: 'Booked' },
  canceled: { tone: 'calm', label: 'Canceled' },
  completed: { tone: 'good', label: 'Completed' },
  no_show: { tone: 'bad', label: 'No-show' },
};

export function AppointmentStatus({ status }: Pick<Appointment, 'status'>) {
  const { tone, label } = LOOK[status];
  return <StateBadge tone={tone}>{label}</StateBadge>;
}
