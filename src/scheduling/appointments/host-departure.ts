import type { Notices } from '../../account/notice.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { headerText, type MailMessage } from '../../mail/mail-message.ts';
import type { RemovedMember } from '../../record/module.ts';

const HOST_LEFT = 'appointment.host_left';

/** What of appointments needs another host once its host has left; `h` is that host, `at` the time. */
const isAhead = (h: string, at: string) =>
  `a.status in ('pending', 'booked') and a.deleted_at is null and a.ends_at > ${at}::timestamptz
   and (a.host_id = ${h} or ${h} = any(a.co_host_ids))`;

/** Active pages of a host on which no other host is a member. */
const isAlone = (h: string) =>
  `p.active and p.deleted_at is null and exists (select from booking_page_host g
     where g.workspace_id = p.workspace_id and g.page_id = p.id and g.user_id = ${h})
   and not exists (select from booking_page_host g
     join member m on m.workspace_id = g.workspace_id and m.user_id = g.user_id
     where g.workspace_id = p.workspace_id and g.page_id = p.id)`;

const LEFT_BEHIND = {
  name: 'appointment.left-behind',
  text: `select (select count(*)::int from appointment a where a.workspace_id = $1 and ${isAhead('$2', '$3')}) as appointments,
           (select coalesce(json_agg(p.title order by p.title), '[]') from booking_page p
            where p.workspace_id = $1 and ${isAlone('$2')}) as pages`,
};

const END_NOTICES = {
  name: 'notice.end-host-left',
  text: `update notice n set ended_at = $2
         where n.workspace_id = $1 and n.type = '${HOST_LEFT}' and n.ended_at is null and (
           exists (select from member m where m.workspace_id = n.workspace_id and m.user_id = n.object_id)
           or (not exists (select from appointment a where a.workspace_id = n.workspace_id and ${isAhead('n.object_id', '$2')})
             and not exists (select from booking_page p where p.workspace_id = n.workspace_id and ${isAlone('n.object_id')})))`,
};

export interface HostDepartureParts {
  notices: Notices;
  clock: Clock;
  baseUrl(): string;
}

/**
 * Notifies owners and admins of what a removed member leaves behind: appointments ahead, and booking pages without another
 * host. Appointments stay booked, since the guest counts on them; who takes them over is for people to decide.
 */
export async function notifyOfDeparture(
  trx: Transaction,
  { notices, clock, baseUrl }: HostDepartureParts,
  { workspaceId, userId, name }: RemovedMember,
): Promise<void> {
  const at = isoTime(clock.now());
  const [left] = await query<LeftBehind>(trx, LEFT_BEHIND, [workspaceId, userId, at]);
  const { appointments, pages } = left!;
  if (appointments === 0 && pages.length === 0) return;
  await notices.post(trx, workspaceId, {
    type: HOST_LEFT,
    object_type: 'user',
    object_id: userId,
    details: { name, appointments, pages },
    at,
    messageFor: (to, workspace) =>
      departureMessage(to, { workspace, name, ...left!, baseUrl: baseUrl(), userId }),
  });
}

/** Resolves the notices about hosts whose appointments and pages have other hosts by now, or who are back. */
export async function endDepartureNotices(trx: Transaction, workspaceId: Uuid, at: string): Promise<void> {
  await query(trx, END_NOTICES, [workspaceId, at]);
}

interface LeftBehind {
  appointments: number;
  /** Titles. */
  pages: string[];
}

function departureMessage(
  to: string,
  left: LeftBehind & { workspace: string; name: string; baseUrl: string; userId: Uuid },
): MailMessage {
  const { appointments, pages, baseUrl, userId } = left;
  const [name, workspace] = [headerText(left.name), headerText(left.workspace)];
  const count = appointments === 1 ? '1 appointment' : `${appointments} appointments`;
  const aboutAppointments = `${count} ahead: still booked, and the guests are still reminded. Choose another host, or cancel:

${baseUrl}/appointments?view=table&host_id=${userId}`;
  const aboutPages = `Nobody can book ${pages.map((title) => headerText(title)).join(', ')} until there is another host:

${baseUrl}/booking-pages`;
  return {
    to: { address: to },
    subject:
      appointments > 0
        ? `${name} left: ${count} without a host`
        : `${name} left: a booking page without a host`,
    text: `${[
      `${name} is no longer a member of the workspace ${workspace}.`,
      ...(appointments > 0 ? [aboutAppointments] : []),
      ...(pages.length > 0 ? [aboutPages] : []),
    ].join('\n\n')}\n`,
    isAutomatic: true,
  };
}
