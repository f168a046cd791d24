import type { AppointmentReader, HostAppointment } from '../availability/host-availability.ts';
import { query } from '../../db/query.ts';

const READ = {
  name: 'appointment_block.for-hosts',
  text: `select b.host_id, a.booking_page_id as page_id, a.starts_at,
                a.blocked_from as block_starts_at, a.blocked_until as block_ends_at
         from appointment_block b
         join appointment a on a.workspace_id = b.workspace_id and a.id = b.appointment_id
         where b.workspace_id = $1 and b.host_id = any($2::uuid[]) and b.block && tstzrange($3, $4, '[)')
           and b.appointment_id is distinct from $5::uuid`,
};

/** The appointments that take the time of hosts. */
export const readHostAppointments: AppointmentReader = (on, { workspaceId, hostIds, from, to, except }) =>
  query<HostAppointment>(on, READ, [workspaceId, [...hostIds], from, to, except]);
