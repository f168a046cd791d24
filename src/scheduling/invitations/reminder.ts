import { z } from 'zod';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Transaction } from '../../db/query.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { jobType, type JobRun, type JobType } from '../../jobs/job.ts';
import { isMailAddress } from '../../mail/mail-message.ts';
import type { MailQueue } from '../../mail/mail-queue.ts';
import { recipientsOf, reminderMessage } from './appointment-mail.ts';
import { mailedOf, readInvitation, type InvitationRow, type MailedParts } from './mailed-appointment.ts';

/** A day and an hour before the start. */
const DEFAULT_REMINDERS_MIN: readonly number[] = [1440, 60];

export const REMINDER_KIND = 'appointment_reminder';

const MINUTE_MS = 60_000;
const MAX_LATE_MIN = 360;
const MIN_LATE_MIN = 2;

/** How late a reminder may still be sent, in milliseconds: 15 minutes for one of an hour before. */
function maxLatenessMs(minutes: number): number {
  return Math.min(MAX_LATE_MIN, Math.max(MIN_LATE_MIN, minutes / 4)) * MINUTE_MS;
}

const payload = z.object({ appointment_id: z.uuid(), minutes: z.number() });
type Payload = z.output<typeof payload>;

export interface ReminderParts extends MailedParts {
  clock: Clock;
  jobs: JobQueue;
  mail: MailQueue;
}

const NAME = 'appointment.remind';

/** What is enqueued; what runs is made with its parts. */
const QUEUED: JobType<Payload> = jobType({ name: NAME, payload, run: () => Promise.resolve() });

/** Queues the reminders of an appointment for its present start, or removes them. */
export async function arrangeReminders(
  { clock, jobs, mailFrom }: Pick<ReminderParts, 'clock' | 'jobs' | 'mailFrom'>,
  trx: Transaction,
  row: InvitationRow,
): Promise<void> {
  const { workspace_id: workspaceId, id } = row;
  const wanted = isReminded(row) && mailFrom !== null ? remindersOf(row) : [];
  for (const minutes of new Set([...DEFAULT_REMINDERS_MIN, ...remindersOf(row)])) {
    const dueMs = Date.parse(row.starts_at) - minutes * MINUTE_MS;
    const uniqueKey = keyOf(id, minutes);
    // One that would be due by now was booked later than that.
    if (wanted.includes(minutes) && dueMs > clock.now())
      await jobs.enqueue(
        QUEUED,
        { appointment_id: id, minutes },
        { workspaceId, uniqueKey, runAt: isoTime(dueMs), trx },
      );
    else await jobs.cancel(QUEUED, uniqueKey, { workspaceId, trx });
  }
}

/** Sends a reminder that is due: looks at the appointment again, which may have been moved or canceled since. */
export function reminderJob(parts: ReminderParts): JobType<Payload> {
  return jobType({ name: NAME, payload, run: (run) => remind(parts, run) });
}

async function remind(
  parts: ReminderParts,
  { db, workspaceId, payload: { appointment_id: id, minutes } }: JobRun<Payload>,
) {
  const { clock, jobs, mail, mailFrom } = parts;
  const sent = await db.transaction(async (trx) => {
    const row = await readInvitation(trx, workspaceId!, id);
    if (!row || mailFrom === null || !isReminded(row) || !remindersOf(row).includes(minutes)) return false;
    const dueMs = Date.parse(row.starts_at) - minutes * MINUTE_MS;
    const now = clock.now();
    if (now < dueMs) {
      // Moved to a later time.
      const options = {
        workspaceId: workspaceId!,
        uniqueKey: keyOf(id, minutes),
        runAt: isoTime(dueMs),
        trx,
      };
      await jobs.enqueue(QUEUED, { appointment_id: id, minutes }, options);
      return false;
    }
    const lifetimeMs = dueMs + maxLatenessMs(minutes) - now;
    if (lifetimeMs <= 0) return false;
    const appointment = mailedOf(row, parts);
    for (const recipient of recipientsOf(appointment, isMailAddress))
      await mail.enqueue(trx, {
        key: `appointment:${id}:${row.sequence}:reminder${minutes}:${recipient.role}`,
        kind: REMINDER_KIND,
        workspaceId: workspaceId!,
        objectId: id,
        message: reminderMessage(appointment, recipient, minutes),
        lifetimeMs,
      });
    return true;
  });
  if (sent) mail.notify();
}

function isReminded({ status, deleted_at: deletedAt, sends_mail: sendsMail }: InvitationRow): boolean {
  return status === 'booked' && deletedAt === null && sendsMail;
}

function remindersOf({ reminders }: InvitationRow): readonly number[] {
  return reminders?.map((item) => item.minutes_before) ?? DEFAULT_REMINDERS_MIN;
}

function keyOf(id: string, minutes: number): string {
  return `${id}:${minutes}`;
}
