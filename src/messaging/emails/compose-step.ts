import type { Uuid } from '../../base/id.ts';
import type { EmailAccount, EmailParts } from './email-provider.ts';
import type { Email } from './email-fields.ts';

/** A mail right before it is composed. */
export interface ComposedEmail {
  workspaceId: Uuid;
  email: Email;
  account: EmailAccount;
  /** By a template, or with `unsubscribe`. */
  isBulk: boolean;
  /** Steps change it. */
  parts: EmailParts;
  /** The return path; default: the sender. Steps change it. */
  envelopeFrom: string;
}

/**
 * Changes a mail before it is composed: tracked links and the pixel, unsubscribe headers, a return path of its own. It runs
 * for each attempt, and must do the same each time.
 */
export type ComposeStep = (email: ComposedEmail) => Promise<void> | void;
