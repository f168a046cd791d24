import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { NewPerson, PersonDirectory, PreparedPerson } from '../../record/person-directory.ts';
import type { Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Email } from '../emails/email-fields.ts';
import type { EmailReports } from '../emails/email-report.ts';
import type { EmailInput } from '../emails/email.ts';
import type { UnsubscribeByMail } from '../suppressions/unsubscribe-mail.ts';
import { storeAttachments } from './received-attachments.ts';
import { originOf } from './auto-reply.ts';
import { takeReport } from './bounce-report.ts';
import { parseDeliveryReport } from './delivery-report.ts';
import type { Audience } from './email-thread.ts';
import type { InboundSettings, InboundSettingsStore } from './inbound-settings.ts';
import type { MailAddresses } from './mail-address.ts';
import type { MailParser } from './mail-parser.ts';
import { participantsOf, type Participants } from './mail-participants.ts';
import { nameParts } from './mail-text.ts';
import type { ParsedAttachment, ParsedEmail } from './parsed-email.ts';
import type { InboundEmails, ReceivedEmail, TakenEmail } from './received-email.ts';
import { findOwnMail, findReceived, findPerson, writeReceived, type NewReceived } from './received-write.ts';

export interface InboundEmailParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  notify(lanes: LaneKey[]): void;
  files: FileStore;
  connections: Pick<Connections, 'get'>;
  people: PersonDirectory;
  emails: RecordService<Email, EmailInput>;
  reports: EmailReports;
  mailAddresses: MailAddresses;
  mailParser: MailParser;
  inboundSettings: InboundSettingsStore;
  unsubscribeByMail: UnsubscribeByMail;
}

/** The actor of mails that arrive. */
export const INBOUND_ACTOR = 'door:email';
const MAX_RECIPIENTS = 50;

/** Where a mail arrived, and whose it is. */
interface Arrival extends Audience {
  connectionId: Uuid | null;
  /** The mail that it answers, by its reply address. */
  answered: Uuid | null;
}

/** Takes mails that arrive, from every source (EM5). */
export function makeInboundEmails(parts: InboundEmailParts): InboundEmails {
  const { db, mailParser, mailAddresses, inboundSettings } = parts;

  async function takeMail(received: ReceivedEmail, mail: ParsedEmail): Promise<TakenEmail> {
    const { workspaceId, envelope } = received;
    const [settings, arrival] = await Promise.all([
      inboundSettings.get(workspaceId),
      arrivalOf(parts, received, mail),
    ]);
    if (!arrival) return ignored('unknown_email');
    const origin = originOf(mail, envelope.from);
    if (origin === 'newsletter' && !settings.keep_newsletters) return ignored('newsletter');
    const participants = await participantsOf(db, workspaceId, mail, {
      envelopeFrom: envelope.from,
      mailDomain: mailAddresses.domain,
      mayBeOwn: arrival.answered === null,
    });
    if (!participants) return ignored('no_sender');
    if (participants.isInternal && !settings.keep_internal && arrival.answered === null)
      return ignored('internal');
    const own = await findOwnMail(db.pool, workspaceId, mail.messageId);
    if (own !== null) return { outcome: 'duplicate', id: own };
    const key = keyOf(arrival, mail);
    const known = await findReceived(db.pool, workspaceId, key);
    if (known !== null) return { outcome: 'duplicate', id: known };
    if (
      received.origin === 'mailbox' &&
      !(await findPerson(parts, db.pool, workspaceId, participants.others))
    )
      return ignored('no_contact');
    return write(received, mail, {
      settings,
      arrival,
      participants,
      key,
      isAutoReply: origin === 'auto_reply',
    });
  }

  async function write(
    received: ReceivedEmail,
    mail: ParsedEmail,
    found: {
      settings: InboundSettings;
      arrival: Arrival;
      participants: Participants;
      key: Buffer;
      isAutoReply: boolean;
    },
  ): Promise<TakenEmail> {
    const { workspaceId, isHistory = false } = received;
    const { settings, participants, isAutoReply } = found;
    const id = parts.newId();
    const writer: Writer = { workspaceId, actor: INBOUND_ACTOR };
    const mayCreate = settings.create_contacts && participants.direction === 'in' && !isAutoReply;
    const person = mayCreate ? await preparedPerson(parts, writer, participants) : null;
    const attachments = await storeAttachments(parts.files, writer, [
      ...mail.attachments,
      ...originalOf(received, mail),
    ]);
    const { content } = received;
    const size = 'parsed' in content || content.isCut ? null : content.raw.length;
    const email: NewReceived = {
      id,
      writer,
      mail,
      attachments,
      size,
      isHistory,
      person,
      ...found,
      at: isoTime(parts.clock.now()),
    };
    const written = await db.transaction((trx) => writeReceived(parts, trx, email));
    parts.notify(written.lanes);
    return { outcome: written.isNew ? 'stored' : 'duplicate', id: written.id };
  }

  return {
    async take(received) {
      const { content } = received;
      const mail =
        'parsed' in content ? content.parsed : beginningOf(await mailParser.parse(content.raw), content);
      const report = parseDeliveryReport(mail);
      if (report) return takeReport(parts, received, mail, report);
      return (await takeUnsubscription(parts, received)) ?? takeMail(received, mail);
    },
  };
}

function ignored(reason: Extract<TakenEmail, { outcome: 'ignored' }>['reason']): TakenEmail {
  return { outcome: 'ignored', reason };
}

/**
 * A mail to the unsubscribe address of one that was sent. Only what was delivered there counts: the mailbox of a member may
 * hold a copy of somebody's mail. Mail servers write to it too, without a return path; they unsubscribe nobody.
 */
async function takeUnsubscription(
  { mailAddresses, unsubscribeByMail }: InboundEmailParts,
  { workspaceId, envelope, origin }: ReceivedEmail,
): Promise<TakenEmail | null> {
  if (origin !== 'delivery') return null;
  for (const address of envelope.to.slice(0, MAX_RECIPIENTS)) {
    const target = await mailAddresses.read(address);
    if (target?.kind !== 'unsub' || target.workspaceId !== workspaceId) continue;
    const { emailId: id } = target;
    if (envelope.from === '') return ignored('unproven_report');
    return (await unsubscribeByMail(workspaceId, id))
      ? { outcome: 'unsubscribed', id }
      : ignored('unknown_email');
  }
  return null;
}

/** The same mail of a team is one mail, however many colleagues got it; each private mailbox has its own. */
function keyOf({ visibility, userId }: Audience, { messageId }: ParsedEmail): Buffer {
  return sha256(`${visibility === 'private' ? userId : ''}\n${messageId}`);
}

/** A mail that answers one of ours has the account and the readers of that one; null if that one is gone. */
async function arrivalOf(
  { db, connections, mailAddresses }: InboundEmailParts,
  { workspaceId, connectionId, envelope }: ReceivedEmail,
  mail: ParsedEmail,
): Promise<Arrival | null> {
  const addresses = [
    ...envelope.to,
    ...mail.to.map(({ address }) => address),
    ...mail.cc.map(({ address }) => address),
  ];
  for (const address of addresses.slice(0, MAX_RECIPIENTS)) {
    const target = await mailAddresses.read(address);
    // Absence notes are sent to the return path.
    if (target?.kind !== 'bounce' && target?.kind !== 'reply') continue;
    if (target.workspaceId !== workspaceId) continue;
    const [row] = await db.read<{
      connection_id: string | null;
      visibility: 'team' | 'private';
      user_id: Uuid | null;
    }>(ANSWERED, [workspaceId, target.emailId]);
    if (!row) return null;
    const { connection_id: account, visibility, user_id: userId } = row;
    return { connectionId: account, answered: target.emailId, visibility, userId };
  }
  if (connectionId === null) return { connectionId, answered: null, visibility: 'team', userId: null };
  const { settings } = await connections.get(workspaceId, connectionId);
  const owner = settings['owner'];
  const userId = typeof owner === 'string' && owner !== '' ? owner : null;
  const isPrivate = settings['visibility'] === 'private' && userId !== null;
  return { connectionId, answered: null, visibility: isPrivate ? 'private' : 'team', userId };
}

const ANSWERED = {
  name: 'email.answered-account',
  text: 'select connection_id, visibility, user_id from email where workspace_id = $1 and id = $2',
};

/** Null for a sender that cannot be a contact, such as one whose address is not valid. */
async function preparedPerson(
  { people }: InboundEmailParts,
  writer: Writer,
  { others: [sender] }: Participants,
): Promise<PreparedPerson | null> {
  if (!sender) return null;
  const person: NewPerson = { email: sender.address, ...nameParts(sender.name), source: 'email' };
  try {
    return await people.prepare(writer, person);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'validation_error') return null;
    throw error;
  }
}

/** Attachments of a mail that is cut off are cut off too. */
function beginningOf(mail: ParsedEmail, { isCut = false }: { isCut?: boolean }): ParsedEmail {
  return isCut ? { ...mail, html: null, attachments: [], problem: 'content_too_large' } : mail;
}

/** A mail that could not be read is kept as it came. */
function originalOf({ content }: ReceivedEmail, { problem }: ParsedEmail): ParsedAttachment[] {
  if (problem === null || 'parsed' in content || content.isCut === true) return [];
  const { raw } = content;
  return [
    { name: 'message.eml', contentType: 'message/rfc822', contentId: null, isInline: false, bytes: raw },
  ];
}
