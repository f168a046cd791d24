import { objectOf, textField, type ObjectSchema } from './event-schema.ts';
import type { IdFields } from './integer-ids.ts';

/** An event type: one line in its noun's table, from which validation, docs and tests are derived. */
export interface EventType {
  /** `noun.verb`, as in `contact.created`. */
  name: string;
  /** The kind of record it is about, as in `contact`. */
  object: string;
  /** When it fires, in one sentence. */
  description: string;
  /** An example of the record as `full` carries it; placeholder values only. */
  sample: Record<string, unknown>;
  /** An example of its context, if it has one. */
  context?: Record<string, unknown>;
  /** The schema of the record, every field described; and of its context. */
  schema: ObjectSchema;
  contextSchema?: ObjectSchema;
  /** Its context is part of the record in every format, also in summaries. */
  contextInRecord?: true;
  /** Defined by a workspace, not by the installation. */
  custom?: true;
}

/** What a format needs to know of a kind of record. */
export interface EventObject {
  name: string;
  /** The part of the record that contains nothing personal (docs/requirements.md, AX12). */
  summary(record: Record<string, unknown>): Record<string, unknown>;
  /** Its fields that hold ids, besides its own. */
  idFields?: IdFields;
}

/** Every event type and object of the installation; assembled in app.ts. */
export interface Catalogue {
  readonly types: readonly EventType[];
  type(name: string): EventType | undefined;
  summary(object: string, record: Record<string, unknown>): Record<string, unknown>;
  /** The fields that hold ids of an object, besides its own; undefined for records that a workspace defined. */
  idFields(object: string): IdFields | undefined;
}

export function makeCatalogue(types: readonly EventType[], objects: readonly EventObject[]): Catalogue {
  const byName = new Map(types.map((type) => [type.name, type]));
  const byObject = new Map(objects.map((object) => [object.name, object]));
  return {
    types,
    type: (name) => byName.get(name),
    summary: (object, record) => byObject.get(object)?.summary(record) ?? {},
    idFields(object) {
      const known = byObject.get(object);
      return known && (known.idFields ?? {});
    },
  };
}

/** Fired only by Send test; no webhook can subscribe to it. */
export const TEST_EVENT = 'webhook.test';

/** The record of a test event. */
export function testData(eventId: string): Record<string, unknown> {
  return { id: eventId, message: 'This is a test. Nothing has happened.' };
}

/** Listed among the event types for its sample, but in no catalogue: nobody can subscribe to it. */
export const TEST_EVENT_TYPE: EventType = {
  name: TEST_EVENT,
  object: 'webhook',
  description: 'A test. Fired only by Send test; no webhook can subscribe to it.',
  sample: testData('01976d3c-0000-7000-8000-00000000000b'),
  schema: objectOf({
    id: textField('The id of the test.'),
    message: textField('A text that says that it is a test.'),
  }),
};
