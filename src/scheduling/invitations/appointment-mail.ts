import { headerText, type MailMessage } from '../../mail/mail-message.ts';
import { invitationCalendar, type CalendarEvent, type CalendarPerson } from './calendar-event.ts';

/** How an appointment is shown in calendars and mails. */
export type InvitedAs = 'requested' | 'confirmed' | 'canceled';

/** What mails about an appointment say. */
export interface MailedAppointment {
  title: string;
  sequence: number;
  uid: string;
  /** ISO 8601. */
  starts_at: string;
  ends_at: string;
  created_at: string;
  updated_at: string;
  time_zone: string;
  guest_time_zone: string | null;
  location: string | null;
  description: string | null;
  cancel_reason: string | null;
  reschedule_count: number;
  workspace: string;
  host: CalendarPerson | null;
  guest: CalendarPerson | null;
  guests: readonly string[];
  /** The other hosts of a collective page. */
  coHosts: readonly CalendarPerson[];
  /** Who sends: the address is that of the installation's mail. */
  organizer: CalendarPerson;
  /** The guest's link; only in the guest's own mail. */
  manageUrl: string;
  /** The page of the dashboard. */
  recordUrl: string;
}

/** A person who gets mail about an appointment. */
export interface Recipient {
  /** In keys of mails, which hold no addresses. */
  role: string;
  person: CalendarPerson;
  kind: 'guest' | 'further guest' | 'host';
}

/** Everybody who is invited, without addresses that mail cannot have. */
export function recipientsOf(
  { host, coHosts, guest, guests }: Pick<MailedAppointment, 'host' | 'coHosts' | 'guest' | 'guests'>,
  isMailAddress: (address: string) => boolean,
): Recipient[] {
  const all: Recipient[] = [
    ...(guest ? [{ role: 'guest', person: guest, kind: 'guest' as const }] : []),
    ...guests.map((address, at) => ({
      role: `guest${at + 1}`,
      person: { name: null, address },
      kind: 'further guest' as const,
    })),
    ...(host ? [{ role: 'host', person: host, kind: 'host' as const }] : []),
    ...coHosts.map((person, at) => ({ role: `host${at + 1}`, person, kind: 'host' as const })),
  ];
  const known = new Set<string>();
  return all.filter(({ person: { address } }) => {
    const key = address.toLowerCase();
    if (!isMailAddress(address) || known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/**
 * The invitation, its update or its cancelation for one recipient. A request that waits for confirmation is no entry in a
 * calendar yet, and has none to remove.
 * @param before how it was shown before; null: not at all. @param now milliseconds
 */
export function invitationMessage(
  appointment: MailedAppointment,
  { person, kind }: Recipient,
  {
    as,
    before,
    now,
    attendees,
  }: { as: InvitedAs; before: InvitedAs | null; now: number; attendees: readonly CalendarPerson[] },
): MailMessage {
  const title = headerText(appointment.title);
  const isHost = kind === 'host';
  const isUpdate = as === 'confirmed' && before === 'confirmed';
  const hasCalendar = as === 'confirmed' || (as === 'canceled' && before === 'confirmed');
  const url = isHost ? appointment.recordUrl : appointment.manageUrl;
  const closing = kind === 'further guest' || as === 'canceled' ? [] : [actionText(as, isHost), url];
  return {
    to: mailAddressOf(person),
    ...replyTo(appointment, isHost),
    subject: `${subjectOf(as, before, isUpdate)}: ${title}, ${shortTime(appointment, isHost)}`,
    text: `${[openingOf(as, before, isUpdate, isHost), details(appointment, isHost), ...closing].join('\n\n')}\n`,
    ...(hasCalendar && {
      calendar: {
        method: as === 'canceled' ? ('CANCEL' as const) : ('REQUEST' as const),
        text: invitationCalendar(
          calendarEventOf(appointment, {
            as,
            attendees,
            url: kind === 'guest' && as === 'confirmed' ? url : null,
          }),
          as === 'canceled' ? 'CANCEL' : 'REQUEST',
          now,
        ),
      },
    }),
    isAutomatic: true,
  };
}

/** For a host who was replaced: without the appointment in their calendar. @param before how it was shown there */
export function removedHostMessage(
  appointment: MailedAppointment,
  person: CalendarPerson,
  { before, now }: { before: InvitedAs | null; now: number },
): MailMessage {
  const event = calendarEventOf(appointment, { as: 'canceled', attendees: [person], url: null });
  return {
    to: mailAddressOf(person),
    subject: `Reassigned: ${headerText(appointment.title)}, ${shortTime(appointment, true)}`,
    text: `You are no longer a host of this appointment.\n\n${details(appointment, true)}\n`,
    ...(before === 'confirmed' && {
      calendar: { method: 'CANCEL' as const, text: invitationCalendar(event, 'CANCEL', now) },
    }),
    isAutomatic: true,
  };
}

/** @param minutes before the start */
export function reminderMessage(
  appointment: MailedAppointment,
  { person, kind }: Recipient,
  minutes: number,
): MailMessage {
  const isHost = kind === 'host';
  const closing = kind === 'guest' ? ['To move or cancel it:', appointment.manageUrl] : [];
  return {
    to: mailAddressOf(person),
    ...replyTo(appointment, isHost),
    subject: `Reminder: ${headerText(appointment.title)}, ${shortTime(appointment, isHost)}`,
    text: `${[`Your appointment begins in ${duration(minutes)}.`, details(appointment, isHost), ...closing].join('\n\n')}\n`,
    isAutomatic: true,
  };
}

/** An appointment as an entry of a calendar. */
export function calendarEventOf(
  appointment: Omit<MailedAppointment, 'workspace' | 'manageUrl' | 'recordUrl' | 'organizer'> & {
    organizer: CalendarPerson | null;
  },
  { as, attendees, url }: { as: InvitedAs; attendees: readonly CalendarPerson[]; url: string | null },
): CalendarEvent {
  const { uid, sequence, title, location, description, organizer } = appointment;
  return {
    uid,
    sequence,
    title,
    startsAt: appointment.starts_at,
    endsAt: appointment.ends_at,
    createdAt: appointment.created_at,
    updatedAt: appointment.updated_at,
    status: as === 'requested' ? 'tentative' : as,
    location,
    description,
    url,
    organizer,
    attendees,
  };
}

function mailAddressOf({ name, address }: CalendarPerson) {
  return { address, ...(name !== null && { name: headerText(name) }) };
}

/** Answers go to the other person, not to the installation. */
function replyTo({ host, guest }: MailedAppointment, isHost: boolean): Pick<MailMessage, 'replyTo'> {
  const person = isHost ? guest : host;
  return person ? { replyTo: mailAddressOf(person) } : {};
}

function subjectOf(as: InvitedAs, before: InvitedAs | null, isUpdate: boolean): string {
  if (as === 'requested') return 'Requested';
  if (as === 'canceled') return before === 'requested' ? 'Declined' : 'Canceled';
  return isUpdate ? 'Changed' : 'Confirmed';
}

function openingOf(as: InvitedAs, before: InvitedAs | null, isUpdate: boolean, isHost: boolean): string {
  if (as === 'requested')
    return isHost
      ? 'An appointment with you was requested.'
      : 'You requested an appointment. It is not confirmed yet.';
  if (as === 'canceled')
    return before === 'requested' ? 'The appointment was not confirmed.' : 'The appointment was canceled.';
  return isUpdate ? 'The appointment has changed.' : 'The appointment is confirmed.';
}

function actionText(as: InvitedAs, isHost: boolean): string {
  if (!isHost) return 'To move or cancel it:';
  return as === 'requested' ? 'To confirm or decline it:' : 'To see it:';
}

function details(appointment: MailedAppointment, isHost: boolean): string {
  const { title, host, guest, location, cancel_reason: reason, workspace } = appointment;
  const other = isHost ? guest : host;
  return [
    headerText(title),
    longTime(appointment, isHost),
    ...(location === null ? [] : [`Where: ${headerText(location)}`]),
    `With: ${other ? nameOf(other) : headerText(workspace)}`,
    ...(reason === null ? [] : [`Reason: ${headerText(reason)}`]),
  ].join('\n');
}

/** On one line: a name with line breaks could pass for sentences of ours. */
function nameOf({ name, address }: CalendarPerson): string {
  return name === null ? address : `${headerText(name)} <${address}>`;
}

function zoneOf({ time_zone: zone, guest_time_zone: guestZone }: MailedAppointment, isHost: boolean): string {
  return isHost ? zone : (guestZone ?? zone);
}

/** As in `Wednesday, 10 June 2026, 11:00 to 11:30 (Europe/Berlin)`. */
function longTime(appointment: MailedAppointment, isHost: boolean): string {
  const timeZone = zoneOf(appointment, isHost);
  const start = new Date(appointment.starts_at);
  const end = new Date(appointment.ends_at);
  const day = (time: Date) => new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full' }).format(time);
  const clock = (time: Date) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(time);
  const until = day(start) === day(end) ? clock(end) : `${day(end)}, ${clock(end)}`;
  return `${day(start)}, ${clock(start)} to ${until} (${timeZone})`;
}

/** As in `10 Jun 2026, 11:00`. */
function shortTime(appointment: MailedAppointment, isHost: boolean): string {
  const timeZone = zoneOf(appointment, isHost);
  return new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(appointment.starts_at),
  );
}

function duration(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? 'one day' : `${minutes / 1440} days`;
  if (minutes % 60 === 0) return minutes === 60 ? 'one hour' : `${minutes / 60} hours`;
  return `${minutes} minutes`;
}
