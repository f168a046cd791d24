import ICAL from 'ical.js';
import { describe, expect, test } from 'vitest';
import {
  invitationCalendar,
  publishedCalendar,
  type CalendarEvent,
} from '../../src/scheduling/invitations/calendar-event.ts';

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const EVENT: CalendarEvent = {
  uid: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7cc1@crm.example.com',
  sequence: 0,
  title: 'Introduction',
  startsAt: '2026-06-10T09:00:00.000Z',
  endsAt: '2026-06-10T09:30:00.000Z',
  createdAt: '2026-06-01T11:00:00.000Z',
  updatedAt: '2026-06-01T11:30:00.000Z',
  status: 'confirmed',
  location: null,
  description: null,
  url: null,
  organizer: { name: 'Acme', address: 'crm@acme.example' },
  attendees: [{ name: 'Jane Doe', address: 'jane@example.com' }],
};

/** As an independent parser reads it. */
function read(text: string) {
  const calendar = new ICAL.Component(ICAL.parse(text) as never);
  const events = calendar.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  return { calendar, event: events[0]!, events };
}

describe('BK4: an invitation', () => {
  test('is read by another program as it was meant', () => {
    const { calendar, event } = read(invitationCalendar(EVENT, 'REQUEST', NOW));
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST');
    expect(calendar.getFirstPropertyValue('version')).toBe('2.0');
    expect(event.uid).toBe(EVENT.uid);
    expect(event.sequence).toBe(0);
    expect(event.startDate.toJSDate().toISOString()).toBe(EVENT.startsAt);
    expect(event.endDate.toJSDate().toISOString()).toBe(EVENT.endsAt);
    expect(event.organizer).toBe('mailto:crm@acme.example');
    const [attendee] = event.attendees;
    expect(attendee!.getFirstValue()).toBe('mailto:jane@example.com');
    expect(attendee!.getParameter('cn')).toBe('Jane Doe');
    expect(attendee!.getParameter('rsvp')).toBe('TRUE');
    expect(event.component.getFirstPropertyValue('status')).toBe('CONFIRMED');
    expect(String(event.component.getFirstPropertyValue('dtstamp'))).toBe('2026-06-01T12:00:00Z');
  });

  test('a cancelation has the same UID and organizer, a higher SEQUENCE, and METHOD:CANCEL', () => {
    const text = invitationCalendar({ ...EVENT, sequence: 1, status: 'canceled' }, 'CANCEL', NOW);
    const { calendar, event } = read(text);
    expect(calendar.getFirstPropertyValue('method')).toBe('CANCEL');
    expect([event.uid, event.sequence, event.organizer]).toEqual([EVENT.uid, 1, 'mailto:crm@acme.example']);
    expect(event.component.getFirstPropertyValue('status')).toBe('CANCELLED');
  });

  test('a guest whose name holds a property adds no attendee', () => {
    const name = 'Eve\r\nATTENDEE:mailto:boss@acme.example';
    const text = invitationCalendar(
      { ...EVENT, title: `Introduction: ${name}`, attendees: [{ name, address: 'eve@example.com' }] },
      'REQUEST',
      NOW,
    );
    const { event } = read(text);
    expect(event.attendees.map((attendee) => attendee.getFirstValue())).toEqual(['mailto:eve@example.com']);
    expect(event.summary).toBe('Introduction: Eve\nATTENDEE:mailto:boss@acme.example');
    expect(text.split('\r\n').some((line) => line.startsWith('ATTENDEE:'))).toBe(false);
  });

  test.each([
    ['separators', String.raw`A, B; C \ D: "E"`],
    ['lines', 'first\nsecond\n\nfourth'],
    ['emoji longer than a line', '👩‍👩‍👧‍👦🎉'.repeat(30)],
    ['letters of two and three octets', 'ĂŸ語'.repeat(60)],
  ])('a description with %s comes back as it was', (_name, description) => {
    const text = invitationCalendar({ ...EVENT, description }, 'REQUEST', NOW);
    expect(read(text).event.description).toBe(description);
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    // No line ends within a character: each is valid UTF-8 by itself.
    for (const line of text.split('\r\n')) expect(line.isWellFormed()).toBe(true);
    expect(text).not.toMatch(/[^\r]\n/);
  });

  test('quotes in a name are written as RFC 6868 does', () => {
    const text = invitationCalendar(
      { ...EVENT, attendees: [{ name: 'Jane "Jay" Doe^', address: 'jane@example.com' }] },
      'REQUEST',
      NOW,
    );
    expect(text.replaceAll('\r\n ', '')).toContain(`CN="Jane ^'Jay^' Doe^^"`);
    expect(read(text).event.attendees).toHaveLength(1);
  });
});

test('a feed that did not change is the same text', () => {
  const again = () => publishedCalendar('Acme', [EVENT, { ...EVENT, uid: 'other@crm.example.com' }]);
  expect(again()).toBe(again());
  const { calendar, events } = read(again());
  expect(calendar.getFirstPropertyValue('method')).toBe('PUBLISH');
  expect(events.map(({ uid }) => uid)).toEqual([EVENT.uid, 'other@crm.example.com']);
});
