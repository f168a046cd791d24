import type { Uuid } from '../../base/id.ts';
import { query, type Queryable } from '../../db/query.ts';
import type { GuestLinks } from './guest-link.ts';
import type { InvitedAs, MailedAppointment } from './appointment-mail.ts';
import type { CalendarPerson } from './calendar-event.ts';

/** An appointment with everything that its mails and calendars show. */
export interface InvitationRow {
  workspace_id: Uuid;
  id: Uuid;
  version: number;
  title: string;
  sequence: number;
  ical_uid: string;
  starts_at: string;
  ends_at: string;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
  expunged_at: string | null;
  time_zone: string;
  guest_time_zone: string | null;
  status: string;
  location: string | null;
  description: string | null;
  cancel_reason: string | null;
  reschedule_count: number;
  sends_mail: boolean;
  guest_name: string | null;
  guest_email: string | null;
  guests: string[];
  contact_name: string | null;
  contact_email: string | null;
  workspace: string;
  host_id: Uuid | null;
  co_host_ids: Uuid[];
  host_name: string | null;
  host_email: string | null;
  co_hosts: CalendarPerson[];
  /** Of the booking page; null: the default. */
  reminders: { minutes_before: number }[] | null;
  followed_version: number;
  invited_sequence: number | null;
  invited_as: InvitedAs | null;
  invited_host_ids: Uuid[];
}

/** The columns of `InvitationRow`, of an appointment `a`. A host who has left the workspace gets no mail. */
export const INVITATION_COLUMNS = `
a.workspace_id, a.id, a.version, a.title, a.sequence, a.ical_uid, a.starts_at, a.ends_at, a.created_at, a.updated_at,
a.deleted_at, a.expunged_at, a.time_zone, a.guest_time_zone, a.status, a.location, a.description, a.cancel_reason,
a.reschedule_count, a.sends_mail, a.guest_name, a.guest_email, a.guests, a.host_id, a.co_host_ids,
a.followed_version, a.invited_sequence, a.invited_as, a.invited_host_ids,
(select w.name from workspace w where w.id = a.workspace_id) as workspace,
(select u.name from member m join app_user u on u.id = m.user_id
  where m.workspace_id = a.workspace_id and m.user_id = a.host_id) as host_name,
(select u.email from member m join app_user u on u.id = m.user_id
  where m.workspace_id = a.workspace_id and m.user_id = a.host_id) as host_email,
(select coalesce(json_agg(json_build_object('name', u.name, 'address', u.email)), '[]')
  from member m join app_user u on u.id = m.user_id
  where m.workspace_id = a.workspace_id and m.user_id = any(a.co_host_ids)) as co_hosts,
(select nullif(concat_ws(' ', c.first_name, c.last_name), '') from contact c
  where c.workspace_id = a.workspace_id and c.id = a.contact_id and c.deleted_at is null) as contact_name,
(select c.email from contact c
  where c.workspace_id = a.workspace_id and c.id = a.contact_id and c.deleted_at is null) as contact_email,
(select p.reminders from booking_page p
  where p.workspace_id = a.workspace_id and p.id = a.booking_page_id) as reminders`;

const READ = {
  name: 'appointment.invitation',
  text: `select ${INVITATION_COLUMNS} from appointment a where a.workspace_id = $1 and a.id = $2`,
};

export async function readInvitation(
  on: Queryable,
  workspaceId: Uuid,
  id: Uuid,
): Promise<InvitationRow | undefined> {
  const [row] = await query<InvitationRow>(on, READ, [workspaceId, id]);
  return row;
}

export interface MailedParts {
  links: Pick<GuestLinks, 'url'>;
  baseUrl(): string;
  /** The sender of the installation's mail: an address, or a name with an address in <>; null: it sends none. */
  mailFrom: string | null;
}

/** The people of an appointment, as mails and calendars name them. */
export function peopleOf(row: InvitationRow) {
  const address = row.guest_email ?? row.contact_email;
  return {
    host: row.host_email === null ? null : { name: row.host_name, address: row.host_email },
    guest: address === null ? null : { name: row.guest_name ?? row.contact_name, address },
    guests: row.guests,
    coHosts: row.co_hosts,
  };
}

/** What mails say about an appointment. */
export function mailedOf(row: InvitationRow, { links, baseUrl, mailFrom }: MailedParts): MailedAppointment {
  const { ical_uid: uid, workspace, workspace_id: workspaceId, id } = row;
  return {
    ...row,
    ...peopleOf(row),
    uid,
    organizer: { name: row.host_name ?? workspace, address: addressOf(mailFrom ?? '') },
    manageUrl: links.url(workspaceId, id),
    recordUrl: `${baseUrl()}/appointments/${id}`,
  };
}

/** The address of a sender. */
function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim();
}
