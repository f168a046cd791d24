import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { isMailAddress } from '../../mail/mail-message.ts';
import type { MailCondition, MailQueue } from '../../mail/mail-queue.ts';
import { endDepartureNotices } from '../appointments/host-departure.ts';
import { hostsOf } from '../appointments/host-lock.ts';
import {
  invitationMessage,
  recipientsOf,
  removedHostMessage,
  type InvitedAs,
  type MailedAppointment,
} from './appointment-mail.ts';
import type { CalendarPerson } from './calendar-event.ts';
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
/** To a host who was replaced: true whatever the appointment becomes. */
const REMOVAL_KIND = 'appointment_removal';

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
  text: `update appointment set followed_version = $3, invited_sequence = $4, invited_as = $5, invited_host_ids = $6
         where workspace_id = $1 and id = $2`,
};

/** A host who has left the workspace gets no mail. */
const HOSTS = {
  name: 'appointment.removed-hosts',
  text: `select u.id, u.name, u.email as address from member m join app_user u on u.id = m.user_id
         where m.workspace_id = $1 and m.user_id = any($2::uuid[])`,
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
  const { sequence, as, hostIds } = invited;
  await query(trx, DONE, [workspaceId, id, row.version, sequence, as, hostIds]);
  await endDepartureNotices(trx, workspaceId, isoTime(parts.clock.now()));
  return true;
}

interface Invited {
  sequence: number | null;
  as: InvitedAs | null;
  hostIds: readonly Uuid[];
}

/** Queues invitations, unless the calendars of everybody show it as it is already. */
async function invite(parts: FollowUpParts, trx: Transaction, row: InvitationRow): Promise<Invited> {
  const { invited_sequence: sequence, invited_as: before, invited_host_ids: invitedHosts } = row;
  const known: Invited = { sequence, as: before, hostIds: invitedHosts };
  const as = shownAs(row);
  const isKnown = sequence === row.sequence && before === as;
  if (as === null || isKnown || !row.sends_mail || parts.mailFrom === null) return known;
  // Nobody heard of it, or it is over: nothing to cancel, and nothing to invite to.
  if (as === 'canceled' && (before === null || before === 'canceled')) return known;
  if (Date.parse(row.ends_at) <= parts.clock.now()) return known;
  await parts.links.open(trx, row.workspace_id, row.id);
  const appointment = mailedOf(row, parts);
  const recipients = recipientsOf(appointment, isMailAddress);
  const attendees = recipients.map(({ person }) => person);
  const isHostNew = row.host_id !== null && !invitedHosts.includes(row.host_id);
  for (const recipient of recipients)
    await parts.mail.enqueue(trx, {
      key: `appointment:${row.id}:${row.sequence}:${as}:${recipient.role}`,
      kind: INVITATION_KIND,
      workspaceId: row.workspace_id,
      objectId: row.id,
      message: invitationMessage(appointment, recipient, {
        as,
        before: isHostNew && recipient.role === 'host' ? null : before,
        now: parts.clock.now(),
        attendees,
      }),
    });
  const hostIds = hostsOf(row);
  const removed = invitedHosts.filter((id) => !hostIds.includes(id));
  await cancelForRemoved(parts, trx, { row, appointment, removed });
  return { sequence: row.sequence, as, hostIds };
}

/** A host who was replaced still has the appointment in their calendar. */
async function cancelForRemoved(
  { mail, clock }: FollowUpParts,
  trx: Transaction,
  {
    row,
    appointment,
    removed,
  }: { row: InvitationRow; appointment: MailedAppointment; removed: readonly Uuid[] },
): Promise<void> {
  if (removed.length === 0) return;
  const people = await query<CalendarPerson & { id: Uuid }>(trx, HOSTS, [row.workspace_id, removed]);
  for (const { id: userId, ...person } of people)
    if (isMailAddress(person.address))
      await mail.enqueue(trx, {
        key: `appointment:${row.id}:${row.sequence}:removed:${userId}`,
        kind: REMOVAL_KIND,
        workspaceId: row.workspace_id,
        objectId: row.id,
        message: removedHostMessage(appointment, person, { before: row.invited_as, now: clock.now() }),
      });
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
