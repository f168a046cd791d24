import type { ConnectionValues } from '../../connections/connection-kind.ts';
import type { OutgoingDials } from '../../net/dial.ts';

/** A folder that is open. */
export interface OpenFolder {
  /** Uids are only valid as long as this number stays. */
  uidValidity: number;
  /** The next message gets this uid or a higher one. */
  uidNext: number;
}

/** What a mailbox says about a message without its content. */
export interface MailboxMessage {
  uid: number;
  /** In bytes. */
  size: number;
  /** When the mailbox got it: milliseconds since 1970. */
  at: number;
  from: readonly string[];
  to: readonly string[];
  isDraft: boolean;
}

/** A mailbox, signed in. Its methods throw `MailboxError`. */
export interface OpenMailbox {
  /** The folders that are read: none for drafts, spam and deleted mails. */
  folders(): Promise<string[]>;
  open(folder: string): Promise<OpenFolder>;
  /** The uids of the open folder from `from` up to `to`, in order; with `sinceMs` only of messages after that day. */
  uids(range: { from: number; to: number; sinceMs?: number }): Promise<number[]>;
  /** Those that still exist, in any order. */
  messages(uids: readonly number[]): Promise<MailboxMessage[]>;
  /** At most the first `maxBytes`; null if it no longer exists. */
  content(uid: number, maxBytes: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** How mailboxes of one kind of connections are read. */
export interface MailboxReader {
  kind: string;
  /** Throws `MailboxError`. @param signal ends the connection */
  open(values: ConnectionValues, tools: { dials: OutgoingDials; signal: AbortSignal }): Promise<OpenMailbox>;
  /**
   * Keeps a connection open that calls `onMail` when it begins, and for new mails of the inbox. Resolves when it ends; throws `MailboxError` where it
   * cannot be opened. @param signal ends it
   */
  watch?(
    values: ConnectionValues,
    tools: { dials: OutgoingDials; signal: AbortSignal; onMail(): void },
  ): Promise<void>;
}

/** A mailbox that cannot be read now; the message is shown to people, and says nothing secret. */
export class MailboxError extends Error {
  override readonly name = 'MailboxError';
}
