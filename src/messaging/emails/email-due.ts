import { invalid } from '../../base/errors.ts';

/** How long sending is tried, from when it is due. */
export const LIFETIME_MS = 2 * 86_400_000;
const MAX_AHEAD_MS = 366 * 86_400_000;

/** Throws `validation_error` for a time that is more than a year ahead. */
export function requireSendAt(nowMs: number, sendAt: string): void {
  if (Date.parse(sendAt) > nowMs + MAX_AHEAD_MS) throw invalid('send_at', 'must be within a year');
}

/** When a mail is due: at its `send_at`, at once if that is past or missing. Milliseconds since 1970. */
export function dueAt(nowMs: number, sendAt: string | null): number {
  return sendAt === null ? nowMs : Math.max(nowMs, Date.parse(sendAt));
}
