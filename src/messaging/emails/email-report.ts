import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { storableText } from '../inbound/parsed-email.ts';
import type { Email } from './email-fields.ts';
import { changeEmail, DELIVERY_ACTOR, type EmailChange, type EmailWriteParts } from './email-write.ts';

export type BounceKind = 'hard' | 'soft' | 'block';

/** What a provider, or a delivery status notification, says about a mail, without its vocabulary. */
export interface EmailReport {
  kind:
    | 'delivered'
    | 'deferred'
    | 'bounced'
    | 'complained'
    | 'opened'
    | 'clicked'
    | 'unsubscribed'
    | 'failed';
  /** When it happened: milliseconds since 1970, by the clock of the sender of the report. */
  at: number;
  /** By which the mail is found, the first that is given: our id, the Message-ID without angle brackets, the provider's id. */
  emailId?: Uuid;
  messageId?: string;
  providerId?: string;
  /** The address that it is about; a report about a cc or bcc changes nothing. */
  recipient?: string;
  /** Of `bounced`. */
  bounce?: { kind: BounceKind; status: string | null };
  /** Why, for people. */
  text?: string;
  /** Of `clicked`. */
  url?: string;
  /** Of `opened` and `clicked`: whether the provider takes it for a machine; left out if it does not say. */
  isMachine?: boolean;
}

/** What became of a report. */
export type ReportOutcome = 'applied' | 'unchanged' | 'unknown_email';

/** Where reports come from; `connectionId` is null for the listener of the installation. */
export interface ReportSource {
  workspaceId: Uuid;
  connectionId: Uuid | null;
}

/** Applies reports; the same report again, in any order, changes nothing. */
export interface EmailReports {
  take(source: ReportSource, reports: readonly EmailReport[]): Promise<ReportOutcome[]>;
}

/**
 * What a further part does with a report about a mail, in the transaction that applies it: a suppression, a hit. Also
 * called for reports that change no mail. It must change nothing when the same report comes again.
 * @returns the lanes to notify after the commit
 */
export type ReportEffect = (
  trx: Transaction,
  report: EmailReport,
  email: { workspaceId: Uuid; id: Uuid; email: Email; recipient: string | null },
) => Promise<LaneKey[]>;

export interface EmailReportParts extends EmailWriteParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
  effects: readonly ReportEffect[];
}

const FIND = {
  name: 'email.find-reported',
  text: `
select e.id, coalesce(e."to", c.envelope->>'to') as recipient from email e
left join email_content c on c.workspace_id = e.workspace_id and c.email_id = e.id
where e.workspace_id = $1 and e.direction = 'out' and e.deleted_at is null
  and ($2::text is null or e.connection_id = $2)
  and (e.id = $3::uuid or e.message_id = $4 or e.provider_id = $5)
order by e.id = $3::uuid desc nulls last, e.message_id = $4 desc nulls last, e.id desc limit 1`,
};

/** The order of a claim, so that the two do not wait for each other. */
const LOCK_SEND = {
  name: 'email_send.lock-for-report',
  text: 'select email_id from email_send where workspace_id = $1 and email_id = $2 for update',
};
/** Also of a mail that waits for its next attempt: the mail system has it, although it did not say so. */
const SETTLE_SEND = {
  name: 'email_send.settle-reported',
  text: `update email_send set state = 'sent', settled_at = now(), claim = null, lease_until = null, to_address = null
         where workspace_id = $1 and email_id = $2 and state in ('queued', 'unknown')`,
};

export function makeEmailReports(parts: EmailReportParts): EmailReports {
  const { db, notify } = parts;

  async function takeOne(source: ReportSource, report: EmailReport): Promise<ReportOutcome> {
    const { workspaceId, connectionId } = source;
    const lanes: LaneKey[] = [];
    const outcome = await db.transaction(async (trx): Promise<ReportOutcome> => {
      lanes.length = 0;
      const [found] = await query<{ id: Uuid; recipient: string | null }>(trx, FIND, [
        workspaceId,
        connectionId,
        report.emailId ?? null,
        report.messageId ?? null,
        report.providerId ?? null,
      ]);
      if (!found) return 'unknown_email';
      await query(trx, LOCK_SEND, [workspaceId, found.id]);
      const isAboutTo = report.recipient === undefined || isSame(report.recipient, found.recipient);
      let seen: Email | undefined;
      const changed = await changeEmail(
        trx,
        parts,
        { workspaceId, actor: DELIVERY_ACTOR },
        found.id,
        (current) => {
          seen = current;
          return isAboutTo ? changeBy(report, current) : null;
        },
      );
      if (changed) lanes.push(...changed.lanes);
      if (changed && seen?.sent_at === null && changed.email.sent_at !== null)
        await query(trx, SETTLE_SEND, [workspaceId, found.id]);
      const email = changed?.email ?? seen;
      if (!email) return 'unknown_email';
      // Of an erased mail nothing is known any more, and nothing is to be written down again.
      const recipient = found.recipient === null ? null : (report.recipient ?? found.recipient);
      for (const effect of parts.effects)
        lanes.push(...(await effect(trx, report, { workspaceId, id: found.id, email, recipient })));
      return changed ? 'applied' : 'unchanged';
    });
    notify(lanes);
    return outcome;
  }

  return {
    async take(source, reports) {
      const outcomes: ReportOutcome[] = [];
      for (const report of reports) outcomes.push(await takeOne(source, storableReport(report)));
      return outcomes;
    },
  };
}

/** Ids are no longer at any provider, and an index holds no longer ones. */
const MAX_ID = 998;
const MAX_ADDRESS = 320;

/** An id of a provider, as it can be stored and searched; null for what is none. */
export function storableId(id: string | null | undefined): string | null {
  return id == null || id === '' || id.length > MAX_ID || storableText(id) !== id ? null : id;
}

/** A report whose texts can be stored: the others of its request must not wait for one that cannot. */
function storableReport(report: EmailReport): EmailReport {
  const { messageId, providerId, recipient, ...rest } = report;
  const ids = { messageId: storableId(messageId), providerId: storableId(providerId) };
  const address = recipient === undefined ? undefined : storableText(recipient.slice(0, MAX_ADDRESS));
  return {
    ...rest,
    ...(ids.messageId !== null && { messageId: ids.messageId }),
    ...(ids.providerId !== null && { providerId: ids.providerId }),
    ...(address !== undefined && { recipient: address }),
  };
}

/** On its way, or as good as: a later report says more. */
const UNSETTLED = new Set<Email['status']>(['queued', 'sending', 'sent', 'deferred', 'unknown']);

/** What a report changes in a mail; null: nothing. A bounce is final, and delivery is not taken back by a delay. */
function changeBy(report: EmailReport, current: Email): EmailChange | null {
  const at = isoTime(report.at);
  switch (report.kind) {
    case 'delivered':
      if (current.delivered_at !== null || current.status === 'bounced') return null;
      return {
        values: { ...accepted(current, at), status: 'delivered', delivered_at: at },
        events: [...acceptance(current), { type: 'email.delivered' }],
      };
    case 'deferred':
      if (!UNSETTLED.has(current.status) || current.status === 'deferred') return null;
      return {
        values: { ...accepted(current, at), status: 'deferred', status_reason: shortened(report.text) },
        events: acceptance(current),
      };
    case 'bounced': {
      if (current.bounce_kind !== null) return null;
      return {
        values: { ...accepted(current, at), ...bounceValues(report.bounce, report.text) },
        events: [...acceptance(current), { type: 'email.bounced' }],
      };
    }
    case 'failed':
      if (!UNSETTLED.has(current.status)) return null;
      return {
        values: { status: 'failed', status_reason: shortened(report.text) },
        events: [{ type: 'email.failed' }],
      };
    default:
      return null;
  }
}

/** A report about a mail whose sending was unknown, or is not settled yet, says that it was accepted. */
function accepted({ sent_at: sentAt }: Email, at: string): Partial<Email> {
  return { sent_at: sentAt ?? at, status_reason: null };
}

function acceptance({ sent_at: sentAt }: Email): { type: string }[] {
  return sentAt === null ? [{ type: 'email.sent' }] : [];
}

/** The fields of a mail that bounced. */
export function bounceValues(bounce: EmailReport['bounce'], text: string | undefined): Partial<Email> {
  return {
    status: 'bounced',
    bounce_kind: bounce?.kind ?? 'hard',
    bounce_status: bounce?.status?.slice(0, 20) ?? null,
    bounce_reason: shortened(text),
  };
}

const MAX_READ = 2_000;

/** What a mail system says, on one line; null for nothing. */
export function shortened(text: string | undefined): string | null {
  const line = text
    ?.slice(0, MAX_READ)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 500)
    .toWellFormed();
  return line ? line : null;
}

function isSame(address: string, other: string | null): boolean {
  return address.toLowerCase() === other?.toLowerCase();
}
