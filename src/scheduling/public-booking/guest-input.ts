import type { FieldError } from '../../base/errors.ts';
import { emailAddress } from '../../base/values/email-address.ts';
import { isBlank, storageProblem } from '../../base/values/text.ts';
import { instant } from '../../base/values/time.ts';
import { timeZone } from '../../base/values/time-zone.ts';
import { answerOf, Repeated } from '../../http/public/field-answer.ts';
import type { Answers } from '../../record/fields/answers.ts';
import { isMailAddress } from '../../mail/mail-message.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';

/** What a guest books. */
export interface GuestInput {
  /** Milliseconds. */
  start: number;
  durationMin: number;
  timeZone: string | null;
  name: string;
  email: string;
  phone: string | null;
  guests: string[];
  location: string | null;
  answers: Answers;
}

/** The longest values of the page's own fields, in UTF-16 units. */
export const MAX_TEXT = { name: 200, phone: 100, location: 1000 } as const;
const MAX_FURTHER_GUESTS = 10;

/** Fields as a page or a script sends them. */
export type SentFields = Readonly<Record<string, unknown>>;

/**
 * Reads a booking. Answers are `answers` of JSON, and fields of their own in a form.
 * @returns the booking, or an error for each invalid field, which have the names of the page
 */
export function readGuestInput(page: BookingPage, sent: SentFields): GuestInput | FieldError[] {
  const errors: FieldError[] = [];
  const taken = <T>(field: string, read: Read<T>): T | null => {
    if ('value' in read) return read.value;
    errors.push({ field, message: read.wrong });
    return null;
  };
  const start = taken('start', startOf(sent['start']));
  const durationMin = taken('duration', durationOf(page, sent['duration']));
  const zone = taken('time_zone', zoneOf(sent['time_zone']));
  const name = taken('name', textOf(sent['name'], MAX_TEXT.name, true));
  const email = taken('email', emailOf(sent['email']));
  const phone = taken('phone', textOf(sent['phone'], MAX_TEXT.phone, false));
  const location = taken(
    'location',
    textOf(sent['location'], MAX_TEXT.location, page.location_kind === 'ask'),
  );
  const guests = taken('guests', guestsOf(sent['guests']));
  const answered = taken('answers', answersIn(page, sent));
  const answers: Answers = {};
  for (const question of answered ? page.questions : []) {
    const { key } = question;
    const value = Object.hasOwn(answered!, key) ? answered![key] : undefined;
    const read = answerOf(question, isTextList(value) ? new Repeated(value) : value);
    if (typeof read === 'object') errors.push({ field: key, message: read.wrong });
    else if (read !== undefined) answers[key] = read;
  }
  if (errors.length > 0) return errors;
  return {
    start: start!,
    durationMin: durationMin!,
    timeZone: zone,
    name: name!,
    email: email!,
    phone,
    guests: guests!,
    location,
    answers,
  };
}

/** Whether the host calls the guest, and the page shows the field. */
export function asksPhone({ location_kind: kind, location_text: text }: BookingPage): boolean {
  return kind === 'phone' && text === null;
}

/** The names that the page's own fields and questions have. */
export function fieldNames(page: BookingPage): string[] {
  return [...Object.keys(MAX_TEXT), 'email', 'guests', ...page.questions.map(({ key }) => key)];
}

type Read<T> = { value: T } | { wrong: string };

function startOf(sent: unknown): Read<number> {
  if (sent === undefined || sent === '') return { wrong: 'is required' };
  const parsed = instant.safeParse(sent);
  return parsed.success
    ? { value: Date.parse(parsed.data) }
    : { wrong: 'must be a time with its offset, as in 2026-12-01T09:00:00Z' };
}

/** The first duration of the page if none is sent. */
export function durationOf(page: Pick<BookingPage, 'duration_min'>, sent: unknown): Read<number> {
  if (sent === undefined || sent === null || sent === '') return { value: page.duration_min[0]! };
  const minutes = typeof sent === 'string' ? Number(sent) : sent;
  if (typeof minutes === 'number' && page.duration_min.includes(minutes)) return { value: minutes };
  return { wrong: `must be one of ${page.duration_min.join(', ')}` };
}

function zoneOf(sent: unknown): Read<string | null> {
  if (sent === undefined || sent === null || sent === '') return { value: null };
  const parsed = timeZone.safeParse(sent);
  return parsed.success ? { value: parsed.data } : { wrong: 'must be a name such as Europe/Berlin' };
}

function textOf(sent: unknown, max: number, isRequired: boolean): Read<string | null> {
  if (sent === undefined || sent === null || (typeof sent === 'string' && isBlank(sent)))
    return isRequired ? { wrong: 'is required' } : { value: null };
  if (typeof sent !== 'string') return { wrong: 'must be a text' };
  const text = sent.trim();
  if (text.length > max) return { wrong: `must have at most ${max} characters` };
  const problem = storageProblem(text);
  return problem === null ? { value: text } : { wrong: problem };
}

function emailOf(sent: unknown): Read<string | null> {
  const read = textOf(sent, 254, true);
  if ('wrong' in read || read.value === null) return read;
  const parsed = emailAddress.safeParse(read.value);
  return parsed.success && isMailAddress(read.value) ? read : { wrong: 'must be an email address' };
}

/** A list, or a text with one address a line or separated by commas. */
function guestsOf(sent: unknown): Read<string[]> {
  if (sent === undefined || sent === null) return { value: [] };
  const items: unknown[] = Array.isArray(sent)
    ? sent
    : typeof sent === 'string'
      ? sent.split(/[\s,;]+/)
      : [0];
  const addresses = [...new Set(items.map((item) => String(item).trim()).filter((item) => item !== ''))];
  if (addresses.length > MAX_FURTHER_GUESTS)
    return { wrong: `must have at most ${MAX_FURTHER_GUESTS} addresses` };
  const isValid = (address: string) => emailAddress.safeParse(address).success && isMailAddress(address);
  return addresses.every(isValid) ? { value: addresses } : { wrong: 'must be email addresses' };
}

/** Those of JSON; the fields of a form, whose questions may also be called so. */
function answersIn({ questions }: BookingPage, sent: SentFields): Read<SentFields> {
  const { answers } = sent;
  if (typeof answers === 'object' && answers !== null && !Array.isArray(answers))
    return { value: answers as SentFields };
  const isAbsent =
    answers === undefined || answers === null || questions.some(({ key }) => key === 'answers');
  return isAbsent ? { value: sent } : { wrong: 'must be an object with the answers by key' };
}

/** A field that was sent several times. */
function isTextList(sent: unknown): sent is string[] {
  return Array.isArray(sent) && sent.every((item) => typeof item === 'string');
}
