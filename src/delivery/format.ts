import type { Uuid } from '../base/id.ts';
import type { EventType } from '../events/event-type.ts';
import type { ObjectSchema } from '../events/event-schema.ts';

/** What one delivery is made from; everything a format may use. */
export interface MessageInput {
  event: {
    id: Uuid;
    type: string;
    objectType: string;
    objectId: Uuid;
    /** When it happened: ISO 8601, UTC, milliseconds. */
    occurredAt: string;
    /** The record as it was then, whole, as JSON; and the same read. */
    json: string;
    data(): Record<string, unknown>;
    /** What may be told without telling anything personal. */
    summary(): Record<string, unknown>;
    /** What it tells beside the record, such as the stages a deal moved between; empty for most. */
    context(): Record<string, unknown>;
  };
  workspaceId: Uuid;
  /** The workspace as an integer. */
  clientNumber: number;
  endpointId: Uuid;
  payload: 'summary' | 'full';
  /** The signing secret, then the one before it while both are valid; empty where unsigned. */
  secrets: readonly string[];
  /** When this attempt is made, unix seconds. */
  attemptedAt: number;
  /** The body in the webhook's content type, from its JSON; the signature is over what this gives. */
  bodyOf(json: string): string;
}

export interface Message {
  headers: Record<string, string>;
  body: string;
}

/**
 * One way to tell a receiver about an event. A format is a pure function with its defaults; src/formats
 * has one file for each, test/formats/conformance.test.ts is the suite that all of them pass.
 */
export interface Format {
  readonly name: string;
  /** Whether `*` stands for this event type too: the list that the format's own document prints. */
  documents(type: string): boolean;
  /** Our name of an event type to the format's. */
  nameOf(type: string): string;
  /** What the format's name stands for among ours; the first is the one meant where it can be one only. */
  typesOf(name: string): readonly [string, ...string[]];
  /** Whether a webhook has exactly one event type, named; otherwise any number, or `*`. */
  readonly oneEvent: boolean;
  readonly defaults: {
    payload: 'summary' | 'full';
    timeoutMs: number;
    /** Retries after the first attempt, and the delays before each, in seconds. */
    retryMax: number;
    intervalsS: readonly number[];
  };
  /** How many retries may be asked for. */
  readonly maxRetries: number;
  /** A secret the way the format shows it, and what is wrong with one that a person brings. */
  makeSecret(): string;
  secretProblem(secret: string): string | null;
  /** Signing with a key that the receiver need not have, as it verifies by the public one; where there is such a way. */
  readonly asymmetric?: {
    makeSecret(): string;
    isPrivate(secret: string): boolean;
    /** Null for a secret of the other kind. */
    publicOf(secret: string): string | null;
  };
  /** Whether deliveries can go unsigned: never, where `secret` is null, or also where none is given. */
  readonly unsigned: 'never' | 'where asked' | 'by default';
  /** Whether the old secret goes on signing beside the new one for a while after a rotation. */
  readonly rotationOverlaps: boolean;
  /** Whether the answer 410 Gone always disables the webhook; elsewhere it is an option. */
  readonly goneDisables: boolean;
  /** Header names it signs with: a custom header must not take their place. */
  readonly ownHeaders: readonly string[];
  message(input: MessageInput): Message;
  /**
   * Whether a request carries its signature under this secret: what a receiver checks, but for its age.
   * @param header by its name in lower case
   */
  verifies(secret: string, header: (name: string) => string | undefined, body: Buffer): boolean;
  /**
   * What its JSON bodies about such an event look like, every field described.
   * @param details of the record, or of its id and summary, as `payload` has it
   */
  schema(type: EventType, payload: MessageInput['payload'], details: ObjectSchema): ObjectSchema;
}

/** The formats of the installation by name, handed in by app.ts. */
export type Formats = ReadonlyMap<string, Format>;

/** The names of the formats whose `*` includes this event type. */
export function formatsDocumenting(formats: Formats, type: string): string[] {
  return [...formats.values()].filter((format) => format.documents(type)).map((format) => format.name);
}
