import { MAX_RETRY_AFTER_MS } from '../sender/send-outcome.ts';
import { MAX_WAIT_DAYS } from '../../events/outbox.ts';

/** A webhook's retry schedule; the defaults are those of its format (src/integrations). */
export interface Schedule {
  /** Retries after the first attempt. */
  max: number;
  /** The delay before each retry, in seconds; the last one repeats if `max` is larger than the list. */
  intervalsS: readonly number[];
}

/** Jitter adds at most this share of a delay. */
const JITTER = 0.1;
const DAY_MS = 86_400_000;

/**
 * The longest time from the first attempt to the last, in days: with all jitter, and with a receiver that answers
 * every attempt with the longest possible Retry-After.
 */
export function maxDurationDays(schedule: Schedule): number {
  let ms = 0;
  for (let made = 1; made <= schedule.max; made++) {
    ms += nextDelayMs(schedule, made, MAX_RETRY_AFTER_MS, () => 1)!;
  }
  return ms / DAY_MS;
}

/**
 * The longest allowed schedule: queued deliveries expire, and a day is reserved for the requests and the lane's
 * rests.
 */
export const MAX_SCHEDULE_DAYS = MAX_WAIT_DAYS - 1;

/**
 * How long to wait after a failed attempt, in milliseconds; null when the attempts are used up. Jitter only adds, at
 * most a tenth, so that retries after one outage do not arrive in one burst. Retry-After only lengthens.
 * @param made attempts made so far, this one included
 * @param random a number from 0 up to 1
 */
export function nextDelayMs(
  schedule: Schedule,
  made: number,
  retryAfterMs: number | null,
  random: () => number,
): number | null {
  if (made > schedule.max) return null;
  const interval = schedule.intervalsS[Math.min(made, schedule.intervalsS.length) - 1] ?? 0;
  const delay = interval * 1000 * (1 + random() * JITTER);
  return Math.ceil(Math.max(delay, retryAfterMs ?? 0));
}
