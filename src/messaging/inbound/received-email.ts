import type { Uuid } from '../../base/id.ts';
import type { ParsedEmail } from './parsed-email.ts';

/** A mail as it was received. */
export interface ReceivedEmail {
  workspaceId: Uuid;
  /** The connection that received it; null for the listener of the installation. */
  connectionId: Uuid | null;
  /** Headers and body in MIME, not parsed; or the mail as a provider has parsed it. `isCut`: only its beginning. */
  content: { raw: Buffer; isCut?: boolean } | { parsed: ParsedEmail };
  /** `from` is '' for a mail without a return path, and null if the source does not say it. */
  envelope: { from: string | null; to: readonly string[] };
  /**
   * `delivery`: it was sent to an address of the workspace. `mailbox`: it was read from the mailbox of a person, who gets
   * mails that concern nobody else; what no contact wrote or received is not stored.
   */
  origin: 'delivery' | 'mailbox';
  /** It happened before its mailbox was connected: it fires nothing. */
  isHistory?: boolean;
}

/** Why a mail was not stored, for logs; never personal data. */
export type DropReason =
  | 'own_mail'
  | 'internal'
  | 'newsletter'
  | 'no_contact'
  | 'no_sender'
  | 'unproven_report'
  | 'unknown_email';

/** What became of a received mail. */
export type TakenEmail =
  | { outcome: 'stored' | 'duplicate'; id: Uuid }
  /** It was a report about a mail that was sent, or its recipient unsubscribed by it. */
  | { outcome: 'report' | 'unsubscribed'; id: Uuid }
  | { outcome: 'ignored'; reason: DropReason };

export interface InboundEmails {
  /**
   * Stores a mail, or applies it if it is a report about one that was sent; the same mail again changes nothing. Returns
   * once it is committed; throws only what another attempt may mend.
   */
  take(received: ReceivedEmail): Promise<TakenEmail>;
}
