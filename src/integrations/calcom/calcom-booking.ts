import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { plainText } from '../../base/values/text.ts';
import { instant } from '../../base/values/time.ts';
import type { InboundResult } from '../../connections/connection-kind.ts';
import { validationError } from '../../http/error-response.ts';
import type { Answers } from '../../record/fields/answers.ts';
import { ignored, takeReported, textOf, zoneOf } from '../booking-webhook.ts';
import type { TakeBooking } from '../integration.ts';

/** The events that are bookings, with the status of the appointment. */
const STATUS: Readonly<Record<string, 'booked' | 'pending' | 'canceled'>> = {
  BOOKING_CREATED: 'booked',
  BOOKING_RESCHEDULED: 'booked',
  BOOKING_REQUESTED: 'pending',
  BOOKING_CANCELLED: 'canceled',
  BOOKING_REJECTED: 'canceled',
};

const person = z.looseObject({
  name: z.string().nullish(),
  email: z.string().nullish(),
  timeZone: z.string().nullish(),
  phoneNumber: z.string().nullish(),
});

/** The body that Cal.com sends: https://cal.com/docs/developing/guides/automation/webhooks */
const delivery = z.looseObject({
  triggerEvent: z.string(),
  payload: z.looseObject({
    uid: plainText(200).min(1),
    rescheduleUid: plainText(200).nullish(),
    title: z.string().nullish(),
    startTime: instant,
    endTime: instant,
    location: z.string().nullish(),
    additionalNotes: z.string().nullish(),
    organizer: person.nullish(),
    attendees: z.array(person).default([]),
    responses: z.record(z.string(), z.unknown()).nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    cancellationReason: z.string().nullish(),
    rejectionReason: z.string().nullish(),
    cancelledBy: z.string().nullish(),
    rescheduledBy: z.string().nullish(),
  }),
});

type Payload = z.output<typeof delivery>['payload'];

/** Takes what Cal.com reports: a booking, its move or its cancelation. */
export async function takeCalcomEvent(
  takeBooking: TakeBooking,
  workspaceId: Uuid,
  sent: unknown,
): Promise<InboundResult> {
  const { triggerEvent } = z
    .looseObject({ triggerEvent: z.string().catch('') })
    .catch({ triggerEvent: '' })
    .parse(sent);
  const status = Object.hasOwn(STATUS, triggerEvent) ? STATUS[triggerEvent] : undefined;
  if (status === undefined) return ignored('The event is not about a booking.');
  const parsed = delivery.safeParse(sent, { reportInput: true });
  if (!parsed.success) throw validationError(parsed.error, 'body');
  const { payload } = parsed.data;
  const [guest, ...others] = payload.attendees;
  const actor = status === 'canceled' ? payload.cancelledBy : payload.rescheduledBy;
  const address = addressOf(guest?.email);
  return takeReported(takeBooking, workspaceId, {
    externalId: payload.uid,
    previousId: payload.rescheduleUid ?? null,
    status,
    title: textOf(payload.title, 200) ?? 'Cal.com',
    startsAt: payload.startTime,
    endsAt: payload.endTime,
    timeZone: zoneOf(payload.organizer?.timeZone),
    guestTimeZone: zoneOf(guest?.timeZone),
    guest: {
      name: textOf(guest?.name, 200),
      email: address,
      phone: textOf(guest?.phoneNumber ?? answerText(payload, 'attendeePhoneNumber'), 100),
    },
    guests: others.flatMap((item) => addressOf(item.email) ?? []).slice(0, 20),
    hostEmail: addressOf(payload.organizer?.email),
    location: locationOf(payload),
    description: textOf(payload.additionalNotes, 10_000),
    answers: answersOf(payload),
    by: actor === undefined || actor === null ? 'system' : actor === address ? 'guest' : 'host',
    reason: textOf(payload.cancellationReason ?? payload.rejectionReason, 1000),
  });
}

/** Where a video call is, if there is one: an integration names itself, as in `integrations:daily`. */
function locationOf({ location, metadata }: Payload): string | null {
  const call = textOf(metadata?.['videoCallUrl'], 1000);
  if (call !== null) return call;
  return location?.startsWith('integrations:') ? null : textOf(location, 1000);
}

/** What every booking has, in fields of the appointment. */
const KNOWN = new Set([
  'name',
  'email',
  'guests',
  'location',
  'title',
  'notes',
  'attendeePhoneNumber',
  'rescheduleReason',
]);
const KEY = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

function answersOf(payload: Payload): Answers {
  const answers: Answers = {};
  for (const name of Object.keys(payload.responses ?? {})) {
    const key = name.replaceAll('-', '_');
    const text = answerText(payload, name);
    if (!KNOWN.has(name) && KEY.test(key) && text !== null) answers[key] = text;
  }
  return answers;
}

/** The answer to a question: `{label, value}`, or the value alone. */
function answerText({ responses }: Payload, name: string): string | null {
  const response: unknown = responses?.[name];
  const value: unknown =
    typeof response === 'object' && response !== null && 'value' in response ? response.value : response;
  if (Array.isArray(value))
    return textOf(value.filter((item) => typeof item === 'string').join(', '), 10_000);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return textOf(value, 10_000);
}

function addressOf(value: unknown): string | null {
  return typeof value === 'string' && isEmailAddress(value) ? value : null;
}
