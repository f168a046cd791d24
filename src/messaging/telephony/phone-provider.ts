import type { ConnectionValues } from '../../connections/connection-kind.ts';
import type { Uuid } from '../../base/id.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { CallReport } from './call-state.ts';
import type { MessageReport } from './message-status.ts';

/** A connection of a phone provider. */
export interface PhoneAccount extends ConnectionValues {
  workspaceId: Uuid;
  id: Uuid;
  /** The kind of the connection. */
  kind: string;
}

export interface OutgoingMessage {
  id: Uuid;
  from: string;
  to: string;
  body: string;
  /** Signed URLs, which the provider fetches. */
  mediaUrls: readonly string[];
}

/** What became of a request to send a message. */
export type SendOutcome =
  | { outcome: 'accepted'; report: MessageReport }
  /** It was not sent, and never will be. */
  | { outcome: 'refused'; code: string; text: string; isOptOut: boolean }
  /** It was not sent; the number may send again after the pause. */
  | { outcome: 'deferred'; pauseMs: number; error: string }
  /** It may have been sent. */
  | { outcome: 'unknown'; error: string };

export interface OutgoingCall {
  id: Uuid;
  /** The number of the member, which rings first. */
  agent: string;
  from: string;
  to: string;
}

export type DialOutcome =
  | { outcome: 'accepted'; externalId: string }
  | { outcome: 'refused'; text: string }
  | { outcome: 'unknown'; error: string };

export interface ProviderTools {
  http: HttpClient;
  /** The public URL of this installation. */
  baseUrl: string;
}

/** A file as the provider has it. */
export interface FetchedFile {
  bytes: Buffer;
  contentType: string;
}

/** How a system sends messages and calls; each integration with `phoneProvider` has one. */
export interface PhoneProvider {
  /** The kind of its connections. */
  kind: string;
  /** The numbers that an account sends from; the first is the default. */
  numbersOf(settings: ConnectionValues['settings']): string[];
  /** Sends a message, with one request. Never throws. */
  send(account: PhoneAccount, message: OutgoingMessage, tools: ProviderTools): Promise<SendOutcome>;
  /**
   * The reports of messages with the same sender, recipient and text since `since`, newest first; null if the account
   * cannot be asked. Left out: unknown outcomes stay unknown. Throws if the provider cannot be reached.
   */
  lookUp?(
    account: PhoneAccount,
    message: OutgoingMessage,
    since: number,
    tools: ProviderTools,
  ): Promise<MessageReport[] | null>;
  /** Calls the member, then connects the other person. Left out: it has no calls. Never throws. */
  dial?(account: PhoneAccount, call: OutgoingCall, tools: ProviderTools): Promise<DialOutcome>;
  /** The status of a call now; null if it is not known. */
  lookUpCall?(account: PhoneAccount, externalId: string, tools: ProviderTools): Promise<CallReport | null>;
  /** Fetches a picture or a recording. Throws for a host that is none of the provider's, and for what is too large. */
  fetchFile(account: PhoneAccount, url: string, maxBytes: number, tools: ProviderTools): Promise<FetchedFile>;
}
