import type { Uuid } from '../base/id.ts';
import type { InboundResult } from '../connections/connection-kind.ts';
import { timeZone } from '../base/values/time-zone.ts';
import { storageProblem } from '../base/values/text.ts';
import type { InboundBooking } from '../scheduling/appointments/inbound-booking.ts';
import type { TakeBooking } from './integration.ts';

/** What the webhooks of booking systems have in common. */

const IGNORED = '{"status":"ignored"}';

export function ignored(reason: string): InboundResult {
  return { outcome: 'ignored', reason, answer: IGNORED };
}

/** Hands a booking over, and says what became of it. */
export async function takeReported(
  takeBooking: TakeBooking,
  workspaceId: Uuid,
  booking: Omit<InboundBooking, 'source'>,
): Promise<InboundResult> {
  const { outcome, id, reason } = await takeBooking(workspaceId, booking);
  if (id === null) return ignored(reason ?? 'There is no appointment of this booking.');
  return {
    outcome,
    record: { type: 'appointment', id },
    answer: JSON.stringify({ status: outcome, appointment_id: id }),
  };
}

/** A text of another system, cut to what is stored; null for none. */
export function textOf(value: unknown, max: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value.toWellFormed().replaceAll('\0', '').trim().slice(0, max).toWellFormed();
  return text === '' || storageProblem(text) !== null ? null : text;
}

/** The name of a time zone; null for one that this program does not know. */
export function zoneOf(value: unknown): string | null {
  const parsed = timeZone.safeParse(value);
  return parsed.success ? parsed.data : null;
}
