import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Uuid } from '../base/id.ts';

/** The values of a connection that its kind works with. */
export interface ConnectionValues {
  settings: Readonly<Record<string, unknown>>;
  secrets: Readonly<Record<string, string>>;
}

/** A request of another system, as received. */
export interface InboundRequest {
  method: string;
  headers: IncomingHttpHeaders;
  /** The public URL with its query, unchanged: some systems sign it. */
  url: string;
  /** The bytes that were signed: as sent, without Content-Encoding. */
  rawBody: Buffer;
  /** The parsed JSON, or the fields of a form; undefined without a body. */
  body: unknown;
  /** The fields of a form, for handlers with `takesForms`; null if the body is none. */
  form: InboundForm | null;
  /** The JSON exactly as sent; of a form, its fields as JSON. */
  text: string;
}

/** The fields of a form; a list for a name that occurs several times. */
export type InboundForm = Readonly<Record<string, string | readonly string[]>>;

export type Outcome = 'accepted' | 'ignored' | 'duplicate' | 'refused';
export const OUTCOMES = ['accepted', 'ignored', 'duplicate', 'refused'] as const satisfies Outcome[];

export interface RecordReference {
  /** The noun, as `lead`. */
  type: string;
  id: Uuid;
}

/** The result of a verified request. A request that is refused throws an `ApiError` instead. */
export interface InboundResult {
  outcome: Exclude<Outcome, 'refused'>;
  /** Why, for the log; never personal data. */
  reason?: string;
  record?: RecordReference;
  /** The response body: JSON, unless `answerType` says otherwise. */
  answer: string;
  /** The content type of the response; default: `application/json`. */
  answerType?: string;
}

/** What the log shows of a request. */
export interface InboundSummary {
  /** The sender's name of the kind of event. */
  type: string | null;
  /** The sender's id of the event; the same for every retry. */
  externalId: string | null;
}

/** One inbound URL of a kind: `/webhooks/{kind}/{connection id}`, with the `path` after it. */
export interface InboundHandler<Services> {
  /** '' or a further part of the URL, as `sms`. */
  path: string;
  label: string;
  /** The longest body, in bytes; default: 256 kB with 10,000 fields. */
  maxBytes?: number;
  /** Whether it also takes forms. Default: JSON only. */
  takesForms?: true;
  /** Whether the body is not kept in the log, as one with a mail. Must not throw: nobody has verified the request yet. */
  keepsNoBody?(request: InboundRequest, settings: ConnectionValues['settings']): boolean;
  /** The sender calls its JSON text/plain, as Amazon SNS does. */
  takesPlainJson?: true;
  /**
   * Verifies that the sender knows the secrets, in constant time. Called before `handle`; after a rotation also with
   * the old secrets, and for an unknown connection with random ones.
   * @returns null if so, else why not, as one of few fixed sentences
   */
  verify(
    request: InboundRequest,
    values: ConnectionValues,
    services: Services,
  ): Promise<string | null> | string | null;
  /** Must not throw, whatever the body is. */
  summarize(request: InboundRequest): InboundSummary;
  /** Throws `ApiError` for a request that is refused; its message contains no values of the request. */
  handle(
    request: InboundRequest,
    connection: ConnectionValues & { workspaceId: Uuid; id: Uuid },
    services: Services,
  ): Promise<InboundResult>;
}

export interface TestResult {
  ok: boolean;
  message: string;
}

/**
 * A kind of connection, that is, a system. Fields of `settings` and `secrets` have a `title` in their meta; the
 * dashboard draws the form from them.
 */
export interface ConnectionKind<Services = unknown> {
  /** In URLs, the API and the database: it never changes. */
  name: string;
  label: string;
  /** What a connection of this kind does, in one sentence. */
  description: string;
  /** Its page in docs/, as a path in the repository. */
  docs: string;
  /** What to do in the other system, in order. */
  steps: readonly string[];
  /** What to select in the other system, if it sends more than is needed. */
  events?: readonly string[];
  settings: z.ZodObject;
  /** All fields are texts. */
  secrets: z.ZodObject;
  /** Generates the secrets that a caller may leave out. */
  generate: Readonly<Record<string, () => string>>;
  /** What a sender can do with the secrets: a caller needs these scopes to set them. */
  scopes: readonly string[];
  inbound: readonly InboundHandler<Services>[];
  /** An event can be handled again: if it was handled before, that changes nothing. */
  canRepeat?: true;
  /** Checks the connection without changing anything in either system. Never throws. */
  test?(values: ConnectionValues, services: Services): Promise<TestResult>;
}

export type ConnectionKinds<Services = unknown> = ReadonlyMap<string, ConnectionKind<Services>>;
