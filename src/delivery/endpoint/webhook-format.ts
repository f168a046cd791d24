import type { Uuid } from '../../base/id.ts';
import type { EventType } from '../../events/event-type.ts';
import type { ObjectSchema } from '../../events/event-schema.ts';

/** What one delivery is made from; everything a format may use. */
export interface MessageInput {
  event: {
    id: Uuid;
    type: string;
    objectType: string;
    objectId: Uuid;
    /** When it happened: ISO 8601, UTC, milliseconds. */
    occurredAt: string;
    /** The whole record as it was then, as JSON text, and parsed. */
    json: string;
    data(): Record<string, unknown>;
    /** The part of the record that contains nothing personal. */
    summary(): Record<string, unknown>;
    /** Facts besides the record, such as the stages a deal moved between; empty for most. */
    context(): Record<string, unknown>;
    /** With `ownNames`: the record, or its summary, with integers in place of ids. */
    withIntegerIds(record: Record<string, unknown>): Record<string, unknown>;
  };
  workspaceId: Uuid;
  /** The workspace as an integer. */
  clientNumber: number;
  endpointId: Uuid;
  payload: 'summary' | 'full';
  /** In formats with `ownNames`: whether the webhook has them. */
  ownNames: boolean;
  /** The signing secret, then the previous one while both are valid; empty if unsigned. */
  secrets: readonly string[];
  /** The time of this attempt, unix seconds. */
  attemptedAt: number;
  /** The body in the webhook's content type, from its JSON; the signature covers the result. */
  bodyOf(json: string): string;
}

export interface Message {
  headers: Record<string, string>;
  body: string;
}

/**
 * A webhook format: a pure function with its defaults. Systems have one in their folder of src/integrations, and all
 * pass the suite in test/formats/conformance.test.ts.
 */
export interface Format {
  readonly name: string;
  /** Whether `*` includes this event type: the list in the format's own documentation. */
  documents(type: string): boolean;
  /** The catalogue's name of an event type in the format's own naming. */
  nameOf(type: string): string;
  /** The catalogue's names for one of the format's names; the first is used where only one is possible. */
  typesOf(name: string): readonly [string, ...string[]];
  /**
   * Set if webhooks choose between Fairlead's names and ids, and those of the system: its names of event types, and integer
   * ids. The system's are the default.
   */
  readonly ownNames?: {
    /** The system's name of an event, which may depend on its record; Fairlead's if the system has none. */
    nameOf(type: string, record: Readonly<Record<string, unknown>>): string;
    /** The schema of its JSON bodies, as `Format.schema`; ids in `details` are integers. */
    schema(type: EventType, details: ObjectSchema): ObjectSchema;
  };
  /** Whether a webhook has exactly one event type, by name; otherwise any number, or `*`. */
  readonly oneEvent: boolean;
  readonly defaults: {
    payload: 'summary' | 'full';
    timeoutMs: number;
    /** Retries after the first attempt, and the delay before each, in seconds. */
    retryMax: number;
    intervalsS: readonly number[];
  };
  /** The most retries a webhook may have. */
  readonly maxRetries: number;
  /** Makes a secret in the format's notation; and says what is wrong with one that a customer provides. */
  makeSecret(): string;
  secretProblem(secret: string): string | null;
  /** What such a secret looks like: a sentence for forms. */
  readonly secretHint: string;
  /** Signing with a private key, so that the receiver verifies with the public one; if the format has it. */
  readonly asymmetric?: {
    makeSecret(): string;
    isPrivate(secret: string): boolean;
    /** Null for a symmetric secret. */
    publicOf(secret: string): string | null;
  };
  /** Whether deliveries may be unsigned: never, if `secret` is null, or also if none is given. */
  readonly unsigned: 'never' | 'where asked' | 'by default';
  /** Whether the old secret signs as well as the new one for a while after a rotation. */
  readonly rotationOverlaps: boolean;
  /** Whether the answer 410 Gone always disables the webhook; elsewhere it is an option. */
  readonly goneDisables: boolean;
  /** The headers it signs with; custom headers must not replace them. */
  readonly ownHeaders: readonly string[];
  message(input: MessageInput): Message;
  /**
   * Whether a request is signed with this secret: the check that a receiver makes, except for the age.
   * @param header returns a header by its name in lower case
   */
  verifies(secret: string, header: (name: string) => string | undefined, body: Buffer): boolean;
  /**
   * The schema of its JSON bodies for an event type, every field described.
   * @param details of the record, or of its id and summary, depending on `payload`
   */
  schema(type: EventType, payload: MessageInput['payload'], details: ObjectSchema): ObjectSchema;
}

/** The formats of the installation by name, passed in by app.ts. */
export type Formats = ReadonlyMap<string, Format>;

/** The names of the formats whose `*` includes this event type. */
export function formatsDocumenting(formats: Formats, type: string): string[] {
  return [...formats.values()].filter((format) => format.documents(type)).map((format) => format.name);
}
