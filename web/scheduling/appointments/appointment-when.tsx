import type { Appointment } from '../../api/appointment-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { useMembers } from '../../record/person.tsx';
import { workspaceTimeZone } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { otherZones, whenText, zoneText } from './appointment-time.ts';
import classes from './appointment-page.module.css';

/** When an appointment is, in the workspace's time zone, and in those of host and guest where they differ. */
export function AppointmentWhen({ appointment }: { appointment: Appointment }) {
  const mayWrite = useHasScope('appointments:write');
  const now = useNow();
  const { status, canceled_by: by, cancel_reason: reason } = appointment;
  const isOpen = status === 'pending' || status === 'booked';
  const isAhead = isOpen && Date.parse(appointment.ends_at) > now;
  return (
    <div className={classes.when}>
      <p className={classes.time} data-canceled={status === 'canceled' || undefined}>
        <time dateTime={appointment.starts_at}>{whenText(appointment)}</time>{' '}
        <span className={classes.zone}>{zoneText(workspaceTimeZone())}</span>
      </p>
      {otherZones(appointment).map(({ who, zone, text }) => (
        <p key={who} className={classes.other}>
          {who}: {text} <span className={classes.zone}>{zone}</span>
        </p>
      ))}
      {isAhead && mayWrite && <HostLeft hostId={appointment.host_id} />}
      {status === 'pending' && mayWrite && (
        <p className={classes.other}>
          {isAhead
            ? 'The guest asked for this time. It is kept for them until you confirm or decline.'
            : 'The guest asked for this time, and it has passed.'}
        </p>
      )}
      {status === 'canceled' && (
        <p className={classes.other}>
          Canceled{by !== null && ` by the ${by === 'api' ? 'API' : by}`}
          {reason ? `: ${reason}` : '.'}
        </p>
      )}
    </div>
  );
}

function HostLeft({ hostId }: { hostId: string | null }) {
  const members = useMembers();
  if (hostId === null || members.length === 0 || members.some(({ id }) => id === hostId)) return null;
  return <p className={classes.other}>The host has left the workspace. Choose another one.</p>;
}
