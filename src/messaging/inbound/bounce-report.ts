import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { EmailReport, EmailReports } from '../emails/email-report.ts';
import { classifyBounce } from '../suppressions/bounce-class.ts';
import type { DeliveryReport, ReportedRecipient } from './delivery-report.ts';
import type { MailAddresses } from './mail-address.ts';
import { addressKey, type ParsedEmail } from './parsed-email.ts';
import type { ReceivedEmail, TakenEmail } from './received-email.ts';

export interface BounceReportParts {
  db: Database;
  clock: Clock;
  mailAddresses: MailAddresses;
  reports: EmailReports;
}

/** Headers in which mail servers write the address that a mail was sent to. */
const RECIPIENT_HEADERS = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to'];
const MAX_ADDRESSES = 20;

const RECIPIENTS = {
  name: 'email.reported-recipients',
  text: `select coalesce(e."to", c.envelope ->> 'to') as "to", e.cc || e.bcc as copies, c.envelope
         from email e left join email_content c on c.workspace_id = e.workspace_id and c.email_id = e.id
         where e.workspace_id = $1 and e.id = $2`,
};

/**
 * Applies a report of a mail server. Anybody can write one, so it counts only if it shows the token of the mail's return
 * path, which nobody but this server and those who got the mail have ever seen.
 */
export async function takeReport(
  parts: BounceReportParts,
  { workspaceId, envelope }: ReceivedEmail,
  mail: ParsedEmail,
  report: DeliveryReport,
): Promise<TakenEmail> {
  const shown = [
    ...envelope.to,
    ...mail.to.map(({ address }) => address),
    ...RECIPIENT_HEADERS.flatMap((name) => mail.headers[name] ?? []),
    ...report.returnPaths,
  ];
  const emailId = await provenEmail(parts.mailAddresses, workspaceId, shown.slice(0, MAX_ADDRESSES));
  if (emailId === null) return { outcome: 'ignored', reason: 'unproven_report' };
  const copies = await copiesOf(parts.db, workspaceId, emailId);
  if (!copies) return { outcome: 'ignored', reason: 'unknown_email' };
  const at = parts.clock.now();
  const found = reportsOf(report, copies).map((item) => ({ ...item, emailId, at }));
  const outcomes = await parts.reports.take({ workspaceId, connectionId: null }, found);
  return outcomes.every((outcome) => outcome === 'unknown_email')
    ? { outcome: 'ignored', reason: 'unknown_email' }
    : { outcome: 'report', id: emailId };
}

async function provenEmail(
  addresses: MailAddresses,
  workspaceId: Uuid,
  shown: readonly string[],
): Promise<Uuid | null> {
  for (const address of shown) {
    const target = await addresses.read(address.replaceAll(/[<>\s]/g, ''));
    if (target?.kind === 'bounce' && target.workspaceId === workspaceId) return target.emailId;
  }
  return null;
}

/** Who got the mail apart from the recipient in `to`; undefined if there is no such mail. */
async function copiesOf(db: Database, workspaceId: Uuid, emailId: Uuid): Promise<Set<string> | undefined> {
  const [row] = await db.read<{ copies: string[]; to: string | null; envelope: Envelope | null }>(
    RECIPIENTS,
    [workspaceId, emailId],
  );
  if (!row) return undefined;
  const listed = [...row.copies, ...(row.envelope?.cc ?? []), ...(row.envelope?.bcc ?? [])];
  return new Set(listed.map(addressKey).filter((address) => address !== addressKey(row.to ?? '')));
}

interface Envelope {
  cc?: readonly string[];
  bcc?: readonly string[];
}

type Report = Omit<EmailReport, 'at' | 'emailId'>;

function reportsOf(report: DeliveryReport, copies: ReadonlySet<string>): Report[] {
  // An address that is none of the mail's is one that it was forwarded to: it is the recipient's.
  const about = (address: string | null) =>
    address !== null && copies.has(addressKey(address)) ? { recipient: address } : {};
  if (report.kind === 'delivery')
    return report.recipients.map((item) => ({ ...about(item.address), ...resultOf(item) }));
  const kind = report.kind === 'complaint' ? 'complained' : 'unsubscribed';
  return [{ kind, ...about(report.address) }];
}

function resultOf({ action, status, text }: ReportedRecipient): Report {
  const said = text === null ? {} : { text };
  if (action === 'delivered') return { kind: 'delivered' };
  if (action === 'delayed') return { kind: 'deferred', ...said };
  return { kind: 'bounced', bounce: { kind: classifyBounce({ status, text }), status }, ...said };
}
