import type { Uuid } from '../../base/id.ts';
import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type { OutgoingDials } from '../../net/dial.ts';
import type { HttpClient } from '../../net/http-client.ts';

/** Mails of one account that are sent at once, so that a slow server does not hold up the others. */
export const MAX_PER_ACCOUNT = 12;

/** An account: a connection whose kind has an `EmailProvider`. */
export interface EmailAccount extends ConnectionValues {
  workspaceId: Uuid;
  connectionId: Uuid;
}

/** A mail as it is handed to a provider. */
export interface OutgoingEmail {
  /** The id of the mail; the same for each attempt, so that it can be an idempotency key. */
  id: Uuid;
  workspaceId: Uuid;
  /** The return path, and all recipients: to, cc and bcc. */
  envelope: { from: string; to: readonly string[] };
  /** Without angle brackets. The same for each attempt. */
  messageId: string;
  /** Headers and body in MIME, with CRLF line ends, without Bcc. Providers that take MIME get this. */
  raw: Buffer;
  /** The same as parts, for providers that do not take MIME. */
  parts: EmailParts;
}

export interface EmailParts {
  from: { address: string; name: string | null };
  to: { address: string; name: string | null };
  cc: readonly string[];
  bcc: readonly string[];
  replyTo: string | null;
  subject: string;
  html: string | null;
  text: string;
  /** Headers besides those of the other parts: In-Reply-To, References, List-Unsubscribe, … */
  headers: Readonly<Record<string, string>>;
  attachments: readonly EmailAttachmentPart[];
}

export interface EmailAttachmentPart {
  name: string;
  contentType: string;
  bytes: Buffer;
  /** For `cid:` in the HTML, without angle brackets. */
  contentId: string | null;
}

/** What became of one attempt. */
export type SendResult =
  /** @property providerId the provider's id of the mail, which its reports have; null if it has none of its own */
  | { outcome: 'accepted'; providerId: string | null }
  /** The recipient was refused for good: the mail bounces. `status` is an enhanced status code (RFC 3463), if known. */
  | { outcome: 'bounced'; status: string | null; text: string }
  /** The mail itself was refused for good, as one that is too large. */
  | { outcome: 'failed'; text: string }
  /**
   * Not accepted for now, or not reachable: tried again later. `retryAfterMs`, if the provider says when. `mayBeAccepted`:
   * the provider ignores the next attempt if it was accepted, as long as `lookUp` says `not_accepted`.
   */
  | { outcome: 'deferred'; text: string; retryAfterMs?: number; mayBeAccepted?: boolean }
  /** The provider refuses the account, as with a wrong password: the account is paused, and the mail stays queued. */
  | { outcome: 'account_refused'; text: string }
  /** The content was handed over, and no answer came. */
  | { outcome: 'unknown'; text: string };

/** What a provider knows about a mail that was handed over without an answer. */
export type LookUpResult =
  | { outcome: 'accepted'; providerId: string | null }
  /** It certainly has not got it: it is sent again. */
  | { outcome: 'not_accepted' }
  /** It cannot say. */
  | { outcome: 'unknown' };

/** A mail that was handed over. */
export interface SubmittedEmail {
  id: Uuid;
  messageId: string;
  /** ISO 8601. */
  submittedAt: string;
}

/** What a provider works with. Requests pass the guard for addresses that customers choose. */
export interface SendTools {
  http: HttpClient;
  /** Connections that are not HTTP. */
  dials: OutgoingDials;
  /** Await it right before the content is sent; if it rejects, the content must not be sent, and `send` rejects too. */
  beforeContent(): Promise<void>;
  /** Aborts an attempt whose content has not been sent yet. */
  signal: AbortSignal;
}

/** How mails are sent through accounts of one kind (EM1). */
export interface EmailProvider {
  /** The kind of its connections. */
  kind: string;
  /** One attempt. Never rejects, except with the error of `beforeContent`. */
  send(email: OutgoingEmail, account: EmailAccount, tools: SendTools): Promise<SendResult>;
  /**
   * Set if a provider can say whether it got a mail, or ignores the second request with the same id. Asked after a crash
   * and after `unknown`; without it, such a mail stays `unknown` until a person decides.
   */
  lookUp?(
    email: SubmittedEmail,
    account: EmailAccount,
    tools: Omit<SendTools, 'beforeContent'>,
  ): Promise<LookUpResult>;
  /** Checks host and secrets without sending. Never throws. */
  test?(account: ConnectionValues, tools: Omit<SendTools, 'beforeContent'>): Promise<TestResult>;
  /** What the domain of the sender needs in its DNS, by record. */
  dns?(account: ConnectionValues): EmailDns;
  /** Closes connections that are kept open. */
  close?(tools: Pick<SendTools, 'dials'>): void;
}

/** What the DNS of a sender's domain needs for this provider. */
export interface EmailDns {
  /** For the SPF record, as `include:amazonses.com`; null: the address of the operator's own server. */
  spfInclude: string | null;
  /** Selectors of DKIM keys, as `pm` for `pm._domainkey`; empty: the provider shows them. */
  dkimSelectors: readonly string[];
}
