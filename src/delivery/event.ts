import type { ObjectSchema } from './event-schema.ts';

/** A kind of event: one line in its noun's table, from which come validation, docs and tests. */
export interface EventType {
  /** `noun.verb`, as in `contact.created`. */
  name: string;
  /** The kind of record it is about, as in `contact`. */
  object: string;
  /** When it fires, in one sentence. */
  description: string;
  /** An example of the record as `full` carries it; placeholder values only. */
  sample: Record<string, unknown>;
  /** An example of what it tells beside the record, where it does. */
  context?: Record<string, unknown>;
  /** What the record looks like, every field described; the same of what it tells beside it. */
  schema: ObjectSchema;
  contextSchema?: ObjectSchema;
  /** Defined by a workspace, not by us. */
  custom?: true;
}

/** What a format needs to know of a kind of record. */
export interface EventObject {
  name: string;
  /** What may be told without telling anything personal (contracts AX12). */
  summary(record: Record<string, unknown>): Record<string, unknown>;
}

/** Every event type and object of the installation; assembled in app.ts. */
export interface Catalogue {
  readonly types: readonly EventType[];
  type(name: string): EventType | undefined;
  summary(object: string, record: Record<string, unknown>): Record<string, unknown>;
}

export function makeCatalogue(types: readonly EventType[], objects: readonly EventObject[]): Catalogue {
  const byName = new Map(types.map((type) => [type.name, type]));
  const byObject = new Map(objects.map((object) => [object.name, object]));
  return {
    types,
    type: (name) => byName.get(name),
    summary: (object, record) => byObject.get(object)?.summary(record) ?? {},
  };
}

/** Sent by Send test alone; no subscription names it. */
export const TEST_EVENT = 'webhook.test';
