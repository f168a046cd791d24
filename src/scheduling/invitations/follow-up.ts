import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { isMailAddress } from '../../mail/mail-message.ts';
import type { MailCondition, MailQueue } from '../../mail/mail-queue.ts';
import { invitationMessage, recipientsOf, type InvitedAs } from './appointment-mail.ts';
import type { GuestLinks } from './guest-link.ts';
import { INVITATION_COLUMNS, mailedOf, type InvitationRow, type MailedParts } from './mailed-appointment.ts';
import { arrangeReminders, REMINDER_KIND } from './reminder.ts';

/**
 * Arranges invitations and reminders of appointments that have changed, whatever changed them: the API, a page, another
 * system, the trash. `followed_version` is how far it is; so nothing is lost if the process ends, and nothing runs in the
 * writing statement.
 */
export interface FollowUp {
  /** @returns how many appointments were followed */
  pass(stopped: AbortSignal): Promise<number>;
}

export interface FollowUpParts extends MailedParts {
  db: Database;
  clock: Clock;
  log: Logger;
  mail: MailQueue;
  jobs: JobQueue;
  links: GuestLinks;
}

const INVITATION_KIND = 'appointment_invitation';

/**
 * A mail about an appointment is sent while it says what is so: not one of before a change, and no reminder of an
 * appointment that was moved, canceled or deleted. Its key holds the sequence.
 */
export const CURRENT_APPOINTMENTS_ONLY: MailCondition = {
  name: 'the appointment has changed',
  holds: `m.kind not in ('${INVITATION_KIND}', '${REMINDER_KIND}') or exists (
    select from appointment a
    where a.workspace_id = m.workspace_id and a.id = m.object_id and a.expunged_at is null
      and a.sequence::text = split_part(m.key, ':', 3)
      and (m.kind = '${INVITATION_KIND}' or (a.status = 'booked' and a.deleted_at is null)))`,
  otherwise: 'cancel',
};

const BATCH = 100;

const DUE = {
  name: 'appointment.to-follow',
  text: `select workspace_id, id from appointment where followed_version < version order by updated_at limit ${BATCH}`,
};

const LOCK = {
  name: 'appointment.follow',
  text: `select ${INVITATION_COLUMNS} from appointment a
         where a.workspace_id = $1 and a.id = $2 and a.followed_version < a.version for update of a skip locked`,
};

const DONE = {
  name: 'appointment.followed',
  text: `update appointment set followed_version = $3, invited_sequence = $4, invited_as = $5
         where workspace_id = $1 and id = $2`,
};

export function makeFollowUp(parts: FollowUpParts): FollowUp {
  const { db, log, mail } = parts;

  return {
    async pass(stopped) {
      for (let done = 0; ;) {
        const due = await db.read<{ workspace_id: Uuid; id: Uuid }>(DUE, []);
        let followed = 0;
        for (const { workspace_id: workspaceId, id } of due) {
          if (stopped.aborted) return done + followed;
          try {
            if (await db.transaction((trx) => follow(parts, trx, workspaceId, id))) followed += 1;
          } catch (error) {
            log.error(
              { err: (error as Error).message, appointment: id },
              'an appointment could not be followed up',
            );
          }
        }
        done += followed;
        if (followed > 0) mail.notify();
        if (due.length < BATCH || followed === 0) return done;
      }
    },
  };
}

async function follow(parts: FollowUpParts, trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<boolean> {
  const [row] = await query<InvitationRow>(trx, LOCK, [workspaceId, id]);
  if (!row) return false;
  const invited = await invite(parts, trx, row);
  await arrangeReminders(parts, trx, row);
  const { sequence, as } = invited;
  await query(trx, DONE, [workspaceId, id, row.version, sequence, as]);
  return true;
}

interface Invited {
  sequence: number | null;
  as: InvitedAs | null;
}

/** Queues invitations, unless the calendars of everybody show it as it is already. */
async function invite(parts: FollowUpParts, trx: Transaction, row: InvitationRow): Promise<Invited> {
  const known: Invited = { sequence: row.invited_sequence, as: row.invited_as };
  const as = shownAs(row);
  const isKnown = row.invited_sequence === row.sequence && row.invited_as === as;
  if (as === null || isKnown || !row.sends_mail || parts.mailFrom === null) return known;
  // Nobody heard of it, or it is over: nothing to cancel, and nothing to invite to.
  if (as === 'canceled' && (row.invited_as === null || row.invited_as === 'canceled')) return known;
  if (Date.parse(row.ends_at) <= parts.clock.now()) return known;
  await parts.links.open(trx, row.workspace_id, row.id);
  const appointment = mailedOf(row, parts);
  const recipients = recipientsOf(appointment, isMailAddress);
  const attendees = recipients.map(({ person }) => person);
  for (const recipient of recipients)
    await parts.mail.enqueue(trx, {
      key: `appointment:${row.id}:${row.sequence}:${as}:${recipient.role}`,
      kind: INVITATION_KIND,
      workspaceId: row.workspace_id,
      objectId: row.id,
      message: invitationMessage(appointment, recipient, {
        as,
        before: row.invited_as,
        now: parts.clock.now(),
        attendees,
      }),
    });
  return { sequence: row.sequence, as };
}

/** How calendars have to show it; null: as they do. */
function shownAs({
  status,
  deleted_at: deletedAt,
  expunged_at: expungedAt,
}: InvitationRow): InvitedAs | null {
  if (expungedAt !== null) return null;
  if (deletedAt !== null || status === 'canceled') return 'canceled';
  if (status === 'pending') return 'requested';
  return status === 'booked' ? 'confirmed' : null;
}
