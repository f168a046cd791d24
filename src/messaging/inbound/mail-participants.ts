import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { forwardedSender } from './mail-text.ts';
import { ownAddresses } from './own-address.ts';
import { addressKey, type MailAddress, type ParsedEmail } from './parsed-email.ts';

/** Who wrote a mail to whom, from the view of the workspace. */
export interface Participants {
  direction: 'in' | 'out';
  from: MailAddress;
  /** The first recipient; null if only addresses of the mail domain are named. */
  to: MailAddress | null;
  cc: readonly string[];
  bcc: readonly string[];
  /** Those outside the workspace, of whom one may be a contact; the most likely first. */
  others: readonly MailAddress[];
  /** Nobody outside the workspace wrote or received it. */
  isInternal: boolean;
}

/**
 * @param mayBeOwn whether the mail can be one that a member wrote with another program: not if it answers one of ours,
 *   since anybody who got that one can write any name as the sender
 * @returns null for a mail without a sender
 */
export async function participantsOf(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  mail: ParsedEmail,
  {
    envelopeFrom,
    mailDomain,
    mayBeOwn,
  }: { envelopeFrom: string | null; mailDomain: string | null; mayBeOwn: boolean },
): Promise<Participants | null> {
  const from = mail.from ?? senderOf(envelopeFrom);
  if (!from) return null;
  const isOurs = ({ address }: MailAddress) =>
    mailDomain !== null && addressKey(address).endsWith(`@${mailDomain}`);
  const [to, cc, bcc] = [mail.to, mail.cc, mail.bcc].map((list) => list.filter((item) => !isOurs(item)));
  const recipients = [...to!, ...cc!, ...bcc!];
  const forwarded = recipients.length === 0 ? forwardedSender(mail.text) : null;
  const all = [from, ...mail.replyTo, ...recipients, ...(forwarded ? [forwarded] : [])];
  const own = await ownAddresses(
    db,
    workspaceId,
    all.map(({ address }) => address),
  );
  const isOwn = ({ address }: MailAddress) => own.has(addressKey(address));
  const lists = { to: to![0] ?? null, cc: addressesOf([...to!.slice(1), ...cc!]), bcc: addressesOf(bcc!) };
  if (mayBeOwn && isOwn(from) && forwarded && !isOwn(forwarded))
    return { direction: 'in', from: forwarded, ...lists, to: from, others: [forwarded], isInternal: false };
  const direction = mayBeOwn && isOwn(from) ? 'out' : 'in';
  const others = direction === 'out' ? recipients : [from, ...mail.replyTo];
  return {
    direction,
    from,
    ...lists,
    others: others.filter((item) => !isOwn(item)),
    isInternal: isOwn(from) && recipients.every(isOwn),
  };
}

function senderOf(envelopeFrom: string | null): MailAddress | null {
  return envelopeFrom?.includes('@') ? { name: '', address: envelopeFrom } : null;
}

function addressesOf(list: readonly MailAddress[]): string[] {
  return list.map(({ address }) => address);
}
