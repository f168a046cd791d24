import type { ComposedMail } from './mail-composer.ts';

/**
 * What became of an attempt. `unknown`: the content was handed over, and no answer came; the mail system may have
 * accepted it.
 */
export type MailOutcome =
  | { outcome: 'accepted' }
  /** Permanently: another attempt would be refused as well. */
  | { outcome: 'refused'; error: string }
  /** Not accepted for now, or not reachable. */
  | { outcome: 'deferred'; error: string }
  | { outcome: 'unknown'; error: string };

/** Hands mail to a mail system. */
export interface MailTransport {
  /**
   * One attempt; never rejects.
   * @param beforeContent to be awaited right before the content is sent; where it rejects, the content must not be sent
   * @param signal aborts an attempt whose content has not been sent yet
   */
  send(mail: ComposedMail, beforeContent: () => Promise<void>, signal: AbortSignal): Promise<MailOutcome>;
  close(): void;
}

const MAX_ERROR_CHARACTERS = 200;
/** A longer reply is cut first: searching it would take time with the square of its length. */
const MAX_READ_CHARACTERS = 2_000;

/** The reply of a mail system for logs and the table, without the addresses, links and tokens that it may quote. */
export function redactReply(text: string): string {
  return text
    .slice(0, MAX_READ_CHARACTERS)
    .replaceAll(/\S*:\/\/\S*/g, '[link]')
    .replaceAll(/\S+@\S+/g, '[address]')
    .replaceAll(/[\w-]{32,}/g, '[token]')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_ERROR_CHARACTERS)
    .toWellFormed();
}
