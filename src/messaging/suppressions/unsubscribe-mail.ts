import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { findMailRecipient } from './mail-recipient.ts';
import { unsubscribe, type UnsubscribeParts } from './unsubscribe.ts';

/**
 * Unsubscribes the recipient of a mail, whose unsubscribe address was written to: from the topic of the mail, or from all
 * mails if it has none, as one click does (RFC 8058). @returns false if there is no such mail
 */
export type UnsubscribeByMail = (workspaceId: Uuid, emailId: Uuid) => Promise<boolean>;

export function makeUnsubscribeByMail(
  parts: UnsubscribeParts & { db: Database; notify(lanes: LaneKey[]): void },
): UnsubscribeByMail {
  const { db, notify } = parts;
  return async (workspaceId, emailId) => {
    const recipient = await findMailRecipient(db, emailId);
    if (recipient?.workspaceId !== workspaceId) return false;
    const lanes = await db.transaction((trx) =>
      unsubscribe(trx, parts, { ...recipient, reason: 'unsubscribe' }),
    );
    notify(lanes);
    return true;
  };
}
