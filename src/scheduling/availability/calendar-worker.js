// @ts-check
// A thread that reads a calendar for its busy times: calendar-parser.ts starts it with one job and ends it if the job
// takes too long. Calendars are written by others, and a rule in them may repeat every second.
import { parentPort, workerData } from 'node:worker_threads';
import ICAL from 'ical.js';

/** @typedef {import('./calendar-parser.ts').CalendarJob} CalendarJob */
/** @typedef {import('./calendar-parser.ts').CalendarBusy} CalendarBusy */
/** @typedef {import('ical.js').default.Event} CalendarEvent */

/** Steps of recurrence rules, by event and by calendar. */
const MAX_STEPS_PER_EVENT = 20_000;
const MAX_STEPS = 200_000;

const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
/** @type {Map<string, Intl.DateTimeFormat | null>} */
const formatters = new Map();

/** @param {string} name null for a name that is no zone */
function formatterOf(name) {
  const known = formatters.get(name);
  if (known !== undefined) return known;
  let formatter = null;
  try {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    // Such as `W. Europe Standard Time`.
  }
  formatters.set(name, formatter);
  return formatter;
}

/** Local time minus UTC in milliseconds. @param {Intl.DateTimeFormat} formatter @param {number} time */
function offsetAt(formatter, time) {
  const [, sign, hours, minutes, seconds] = OFFSET.exec(formatter.format(time)) ?? [];
  if (!sign) return 0;
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -size : size;
}

/**
 * @param {ICAL.Time} time @param {string | null} zone its TZID @param {string} fallback the zone of dates and of times
 * without one
 * @returns {number} milliseconds since 1970
 */
function instantOf(time, zone, fallback) {
  if (time.zone === ICAL.Timezone.utcTimezone) return time.toUnixTime() * 1000;
  const local = Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);
  const named = zone === null ? null : formatterOf(zone);
  // A zone that only the calendar knows is in its VTIMEZONE.
  if (!named && zone !== null && time.zone && time.zone !== ICAL.Timezone.localTimezone)
    return time.toUnixTime() * 1000;
  const formatter = named ?? formatterOf(fallback);
  if (!formatter) return local;
  // In a gap, the later time; a repeated time is its first.
  const guess = local - offsetAt(formatter, local);
  return local - offsetAt(formatter, guess);
}

/** @param {CalendarEvent} event @param {CalendarJob} job */
function isBusy({ component, uid }, { ownUidSuffix, ownAddresses }) {
  const valueOf = (/** @type {string} */ name) =>
    String(component.getFirstPropertyValue(name) ?? '').toUpperCase();
  if (valueOf('status') === 'CANCELLED' || valueOf('transp') === 'TRANSPARENT') return false;
  if (valueOf('x-microsoft-cdo-busystatus') === 'FREE') return false;
  // Appointments of this installation are counted as such.
  if (valueOf('x-fairlead-id') !== '' || (ownUidSuffix !== null && (uid ?? '').endsWith(ownUidSuffix)))
    return false;
  return !component.getAllProperties('attendee').some((attendee) => {
    const address = String(attendee.getFirstValue())
      .toLowerCase()
      .replace(/^mailto:/, '');
    const answer = String(attendee.getParameter('partstat') ?? '').toUpperCase();
    return answer === 'DECLINED' && ownAddresses.includes(address);
  });
}

/** @param {CalendarEvent} event @returns {string | null} */
function zoneOf({ component }) {
  const zone = component.getFirstProperty('dtstart')?.getFirstParameter('tzid');
  return zone ? zone : null;
}

/** How long an event is, in milliseconds. @param {CalendarEvent} event @param {string} fallback */
function lengthOf(event, fallback) {
  const { component, startDate } = event;
  const zone = zoneOf(event);
  if (component.getFirstPropertyValue('duration') instanceof ICAL.Duration)
    return event.duration.toSeconds() * 1000;
  const endProperty = component.getFirstProperty('dtend');
  if (!endProperty) return startDate.isDate ? null : 0;
  if (startDate.isDate) return null;
  const endZone = endProperty.getFirstParameter('tzid') || zone;
  return instantOf(event.endDate, endZone, fallback) - instantOf(startDate, zone, fallback);
}

/**
 * The busy times of one event from one start.
 * @param {CalendarEvent} event @param {ICAL.Time} start @param {string} fallback @param {number | null} length
 * @returns {[number, number]}
 */
function occurrence(event, start, fallback, length) {
  const zone = zoneOf(event);
  const from = instantOf(start, zone, fallback);
  if (length !== null) return [from, from + length];
  // Whole days, of 23 or 25 hours too.
  const end = start.clone();
  const days = event.component.getFirstProperty('dtend')
    ? Math.max(1, Math.round(event.endDate.subtractDate(event.startDate).toSeconds() / 86_400))
    : 1;
  end.adjust(days, 0, 0, 0);
  return [from, instantOf(end, zone, fallback)];
}

class Expansion {
  /** @param {CalendarJob} job */
  constructor(job) {
    this.job = job;
    this.steps = 0;
    this.isCut = false;
    this.hasBroken = false;
    /** @type {[number, number][]} */
    this.busy = [];
  }

  /** @param {[number, number]} range */
  add([start, end]) {
    const { from, to } = this.job;
    if (start < end && start < to && end > from) this.busy.push([Math.max(start, from), Math.min(end, to)]);
  }

  /** @param {CalendarEvent} event @param {ReadonlySet<number>} replaced starts that have an event of their own */
  expand(event, replaced) {
    const { timeZone, to } = this.job;
    const length = lengthOf(event, timeZone);
    if (!event.isRecurring()) return this.add(occurrence(event, event.startDate, timeZone, length));
    const starts = event.iterator();
    const zone = zoneOf(event);
    for (let steps = 0; ; steps++) {
      if (steps === MAX_STEPS_PER_EVENT || ++this.steps > MAX_STEPS) {
        this.isCut = true;
        return undefined;
      }
      const start = starts.next();
      if (!start) return undefined;
      const time = instantOf(start, zone, timeZone);
      if (time >= to) return undefined;
      if (!replaced.has(time)) this.add(occurrence(event, start, timeZone, length));
    }
  }

  /** @param {ICAL.Component} calendar */
  read(calendar) {
    const events = calendar
      .getAllSubcomponents('vevent')
      .filter((component) => component.getFirstProperty('dtstart'))
      .map((component) => new ICAL.Event(component));
    const isReplacement = (/** @type {CalendarEvent} */ { component }) =>
      component.getFirstProperty('recurrence-id') !== null;
    /** @type {Map<string, Set<number>>} */
    const replaced = new Map();
    this.each(events.filter(isReplacement), (event) => {
      const property = event.component.getFirstProperty('recurrence-id');
      const zone = property?.getFirstParameter('tzid') || zoneOf(event);
      const times = replaced.get(event.uid) ?? new Set();
      times.add(instantOf(event.recurrenceId, zone, this.job.timeZone));
      replaced.set(event.uid, times);
    });
    this.each(events, (event) => {
      if (!isBusy(event, this.job)) return;
      const { timeZone } = this.job;
      if (isReplacement(event))
        this.add(occurrence(event, event.startDate, timeZone, lengthOf(event, timeZone)));
      else this.expand(event, replaced.get(event.uid) ?? new Set());
    });
    this.each(calendar.getAllSubcomponents('vfreebusy'), (component) => this.readFreeBusy(component));
  }

  /**
   * One that is broken does not hide the others.
   * @template T
   * @param {readonly T[]} items @param {(item: T) => void} read
   */
  each(items, read) {
    for (const item of items) {
      try {
        read(item);
      } catch {
        this.hasBroken = true;
      }
    }
  }

  /** @param {ICAL.Component} component */
  readFreeBusy(component) {
    for (const property of component.getAllProperties('freebusy')) {
      if (String(property.getParameter('fbtype') ?? 'BUSY').toUpperCase() === 'FREE') continue;
      for (const period of property.getValues())
        if (period instanceof ICAL.Period)
          this.add([period.start.toUnixTime() * 1000, period.getEnd().toUnixTime() * 1000]);
    }
  }
}

/** @param {[number, number][]} ranges @returns {[number, number][]} */
function merged(ranges) {
  /** @type {[number, number][]} */
  const result = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** @param {string} text @returns {ICAL.Component[]} */
function parsed(text) {
  const found = ICAL.parse(text);
  const list = typeof found[0] === 'string' ? [found] : found;
  return list.map((/** @type {any[]} */ item) => new ICAL.Component(item));
}

const EVENT = /^BEGIN:VEVENT[^]*?^END:VEVENT\r?$\n?/gim;

/**
 * The calendars of a text. Where it cannot be parsed as a whole, its events are, one by one.
 * @param {string} text @param {Expansion} expansion
 */
function calendarsOf(text, expansion) {
  try {
    return parsed(text);
  } catch {
    const [calendar] = parsed(text.replaceAll(EVENT, ''));
    expansion.each(text.match(EVENT) ?? [], (event) => {
      for (const component of parsed(event)) calendar?.addSubcomponent(component);
    });
    return calendar ? [calendar] : [];
  }
}

/** @param {CalendarJob} job @returns {CalendarBusy} */
function busyOf(job) {
  const expansion = new Expansion(job);
  for (const text of job.texts) {
    /** @type {ICAL.Component[]} */
    let calendars = [];
    try {
      calendars = calendarsOf(text, expansion);
    } catch {
      // As one without a calendar.
    }
    if (calendars.length === 0 || calendars.some(({ name }) => name !== 'vcalendar'))
      return { failure: 'not_a_calendar' };
    for (const calendar of calendars) expansion.read(calendar);
  }
  const problem = expansion.isCut ? 'too_many_occurrences' : expansion.hasBroken ? 'unreadable_event' : null;
  return { busy: merged(expansion.busy), problem };
}

// The port of a thread, not of a window: it has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(busyOf(workerData));
