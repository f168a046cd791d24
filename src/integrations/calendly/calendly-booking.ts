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

/** The body that Calendly sends: https://developer.calendly.com/docs/webhooks/overview */
const delivery = z.looseObject({
  event: z.string(),
  payload: z.looseObject({
    /** The URI of the invitee: one person's part in an event. */
    uri: plainText(500).regex(/[^/]$/, 'must end with the id of the invitee'),
    name: z.string().nullish(),
    email: z.string().nullish(),
    timezone: z.string().nullish(),
    text_reminder_number: z.string().nullish(),
    rescheduled: z.boolean().nullish(),
    old_invitee: plainText(500).nullish(),
    questions_and_answers: z
      .array(z.looseObject({ question: z.string().nullish(), answer: z.string().nullish() }))
      .nullish(),
    cancellation: z
      .looseObject({ reason: z.string().nullish(), canceler_type: z.string().nullish() })
      .nullish(),
    scheduled_event: z.looseObject({
      name: z.string().nullish(),
      start_time: instant,
      end_time: instant,
      location: z.looseObject({ location: z.string().nullish(), join_url: z.string().nullish() }).nullish(),
      event_memberships: z.array(z.looseObject({ user_email: z.string().nullish() })).nullish(),
      event_guests: z.array(z.looseObject({ email: z.string().nullish() })).nullish(),
    }),
  }),
});

type Payload = z.output<typeof delivery>['payload'];

const CREATED = 'invitee.created';
const CANCELED = 'invitee.canceled';

/** Takes what Calendly reports. A move is two reports, in any order: a cancelation with `rescheduled`, and a new invitee. */
export async function takeCalendlyEvent(
  takeBooking: TakeBooking,
  workspaceId: Uuid,
  sent: unknown,
): Promise<InboundResult> {
  const { event } = z
    .looseObject({ event: z.string().catch('') })
    .catch({ event: '' })
    .parse(sent);
  if (event !== CREATED && event !== CANCELED) return ignored('The event is not about a booking.');
  const parsed = delivery.safeParse(sent, { reportInput: true });
  if (!parsed.success) throw validationError(parsed.error, 'body');
  const { payload } = parsed.data;
  if (event === CANCELED && payload.rescheduled === true)
    return ignored('It was moved: its new invitee moves the appointment.');
  const { scheduled_event: scheduled, cancellation } = payload;
  return takeReported(takeBooking, workspaceId, {
    externalId: idOf(payload.uri),
    previousId: payload.old_invitee ? idOf(payload.old_invitee) : null,
    status: event === CANCELED ? 'canceled' : 'booked',
    title: titleOf(payload),
    startsAt: scheduled.start_time,
    endsAt: scheduled.end_time,
    timeZone: null,
    guestTimeZone: zoneOf(payload.timezone),
    guest: {
      name: textOf(payload.name, 200),
      email: addressOf(payload.email),
      phone: textOf(payload.text_reminder_number, 100),
    },
    guests: (scheduled.event_guests ?? []).flatMap((item) => addressOf(item.email) ?? []).slice(0, 20),
    hostEmail: addressOf(scheduled.event_memberships?.[0]?.user_email),
    location: textOf(scheduled.location?.join_url ?? scheduled.location?.location, 1000),
    description: descriptionOf(payload),
    answers: answersOf(payload),
    by: event === CREATED || cancellation?.canceler_type === 'invitee' ? 'guest' : 'host',
    reason: textOf(cancellation?.reason, 1000),
  });
}

/** The last part of a URI: its event is before it, and may be another after a move. */
function idOf(uri: string): string {
  return uri.split('/').at(-1)!.slice(0, 200);
}

function titleOf({ scheduled_event: { name }, name: guest }: Payload): string {
  const event = textOf(name, 150) ?? 'Calendly';
  const person = textOf(guest, 200);
  return (person === null ? event : `${event}: ${person}`).slice(0, 200).toWellFormed();
}

/** Questions of Calendly have no keys: `question_1`, with their texts in the description. */
function answersOf({ questions_and_answers: questions }: Payload): Answers {
  return Object.fromEntries(
    (questions ?? []).slice(0, 50).flatMap(({ answer }, at) => {
      const text = textOf(answer, 10_000);
      return text === null ? [] : [[`question_${at + 1}`, text]];
    }),
  );
}

function descriptionOf({ questions_and_answers: questions }: Payload): string | null {
  const lines = (questions ?? [])
    .slice(0, 50)
    .map(({ question, answer }) => `${question ?? ''}\n${answer ?? ''}`.trim());
  return textOf(lines.join('\n\n'), 10_000);
}

function addressOf(value: unknown): string | null {
  return typeof value === 'string' && isEmailAddress(value) ? value : null;
}
