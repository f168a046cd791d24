import {
  calendarAddress,
  calendarOf,
  calendarParameter,
  calendarText,
  calendarTime,
} from './calendar-text.ts';

/** A person in a calendar. */
export interface CalendarPerson {
  name: string | null;
  address: string;
}

/** An appointment as a calendar shows it. */
export interface CalendarEvent {
  uid: string;
  sequence: number;
  title: string;
  /** ISO 8601. */
  startsAt: string;
  endsAt: string;
  createdAt: string;
  updatedAt: string;
  status: 'confirmed' | 'tentative' | 'canceled';
  location: string | null;
  description: string | null;
  /** Where its reader manages it. */
  url: string | null;
  organizer: CalendarPerson | null;
  attendees: readonly CalendarPerson[];
}

export type CalendarMethod = 'REQUEST' | 'CANCEL';

const PRODUCT = '-//Fairlead//Appointments//EN';

const STATUS = { confirmed: 'CONFIRMED', tentative: 'TENTATIVE', canceled: 'CANCELLED' } as const;

/**
 * An invitation that calendars add, update and remove by its UID and SEQUENCE (RFC 5546).
 * @param now milliseconds
 */
export function invitationCalendar(event: CalendarEvent, method: CalendarMethod, now: number): string {
  return calendarOf([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    `PRODID:${PRODUCT}`,
    'CALSCALE:GREGORIAN',
    `METHOD:${method}`,
    ...eventLines(event, now),
    'END:VCALENDAR',
  ]);
}

/** How often clients of a feed are asked to look; most look more rarely. */
const REFRESH = 'PT1H';

/** A calendar of several appointments. */
export function publishedCalendar(name: string, events: readonly CalendarEvent[]): string {
  return calendarOf([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    `PRODID:${PRODUCT}`,
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${calendarText(name)}`,
    `REFRESH-INTERVAL;VALUE=DURATION:${REFRESH}`,
    `X-PUBLISHED-TTL:${REFRESH}`,
    // DTSTAMP is the last change, so that the ETag of an unchanged feed stays.
    ...events.flatMap((event) => eventLines(event, Date.parse(event.updatedAt))),
    'END:VCALENDAR',
  ]);
}

function eventLines(event: CalendarEvent, now: number): string[] {
  const { location, description, url, organizer } = event;
  return [
    'BEGIN:VEVENT',
    `UID:${calendarText(event.uid)}`,
    `SEQUENCE:${event.sequence}`,
    `DTSTAMP:${calendarTime(now)}`,
    `CREATED:${calendarTime(event.createdAt)}`,
    `LAST-MODIFIED:${calendarTime(event.updatedAt)}`,
    `DTSTART:${calendarTime(event.startsAt)}`,
    `DTEND:${calendarTime(event.endsAt)}`,
    `SUMMARY:${calendarText(event.title)}`,
    ...(description === null ? [] : [`DESCRIPTION:${calendarText(description)}`]),
    ...(location === null ? [] : [`LOCATION:${calendarText(location)}`]),
    ...(url === null ? [] : [`URL:${url}`]),
    `STATUS:${STATUS[event.status]}`,
    'TRANSP:OPAQUE',
    ...(organizer === null ? [] : [`ORGANIZER${named(organizer)}:${calendarAddress(organizer.address)}`]),
    ...event.attendees.map(
      (person) =>
        `ATTENDEE${named(person)};CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:${calendarAddress(person.address)}`,
    ),
    'END:VEVENT',
  ];
}

function named({ name }: CalendarPerson): string {
  return name === null || name.trim() === '' ? '' : `;CN=${calendarParameter(name)}`;
}
