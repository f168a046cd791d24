import { z } from 'zod';
import { plainText, requiredText } from '../base/values/text.ts';
import { caseless } from '../base/fold.ts';
import type { EventType } from '../events/event-type.ts';
import type { ReferenceFields } from './reference.ts';

/** What every record has, beside its noun's own fields. Times are ISO 8601, UTC, milliseconds. */
export interface BaseRecord {
  id: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  custom_fields: Record<string, CustomValue>;
}

export type CustomValue = string | number | boolean | null;

/** What a client may send to change a record: any of the fields that may make one. */
export type Change<Input> = { [Name in keyof Input]?: Input[Name] | undefined };

/**
 * A kind of record: its shape and rules, pure. From it come the table's statements (record-store.ts), the
 * routes (record-routes.ts), the scopes, the events and the API reference.
 */
export interface Noun<
  R extends BaseRecord = BaseRecord,
  Input extends object = object,
  New extends object = R,
> {
  /** `contact`, and `contacts` in paths and scopes. The table has the singular's name. */
  readonly name: string;
  readonly plural: string;
  /** The table's columns of its own fields, by which they are written; the API's names are the same. */
  readonly columns: readonly (keyof R & string)[];
  /** What a client may send to make one, and to change one (all optional). */
  readonly input: z.ZodType<Input>;
  readonly change: z.ZodType<Change<Input>>;
  /** What the API answers, every field described; for the reference and the schemas of events. */
  readonly output: z.ZodObject;
  /**
   * The fields of a new record, but for those that the writing statement gives it (`New` is then less than `R`);
   * throws `ApiError` where a rule over several fields is broken.
   */
  create(input: Input, base: BaseRecord): New;
  /** What is written beside a new record by the noun's own part of the statement (record-store.ts, `Intake`). */
  related?(input: Input): object | undefined;
  /** The record after a change made `at` (ISO 8601) by `actor`; the same rules. Must not change `current`. */
  update(current: R, change: Change<Input>, at: string, actor: string): R;
  /** Fields that name other records of the workspace. */
  readonly references?: ReferenceFields;
  readonly events: { created: NounEvent; updated: NounEvent; deleted: NounEvent } & Record<string, NounEvent>;
  /** The events that a change of something fires, in order; where left out, `updated` alone. */
  fires?(before: R, after: R): readonly string[];
  /**
   * What events of a change tell beside the record, by event type: SQL that makes a json object, worked out in the
   * writing statement over the event `f` (workspace_id, record, changed: what the fields were). Only flights that hold
   * such an event pay for it.
   */
  readonly contexts?: Readonly<Record<string, string>>;
  summary(record: Record<string, unknown>): Record<string, unknown>;
  /** Fields that a list can be filtered by, equal to what is given. */
  readonly filters: Readonly<Record<string, Filter>>;
  /**
   * What `?q=` looks through: SQL over the columns that makes folded text in which a space stands before every word;
   * an index of trigrams is to hold it.
   */
  readonly search?: string;
}

/** A kind of event, as its noun knows it; its schema comes from the noun's output (noun-events.ts). */
export interface NounEvent extends Pick<EventType, 'name' | 'object' | 'description' | 'sample' | 'context'> {
  /** What it tells beside the record, where it does. */
  contextOutput?: z.ZodObject;
  /** Fired by something else than a change that a client sends. */
  isBeyondChange?: boolean;
}

/** A table whose names stand for values of records: record-filter.ts. */
export type LookUp = 'pipeline' | 'stage' | 'lead_source' | 'lead_event_type';

export interface Filter {
  column: string;
  /**
   * How it is compared; default: as it is, in whatever Unicode form. `caseless`: whatever the case; `folded`: accents
   * and apostrophes too; `phone`: by its digits; `tag`: the column is a list of tags, of which one is to be this.
   */
  by?: 'caseless' | 'folded' | 'phone' | 'tag' | undefined;
  /** Where its values have names, by which they may be asked for. */
  lookUp?: LookUp;
  /** For the reference; default: only those with this value. */
  description?: string;
  /** How the value has to look, where the column takes no other text. */
  schema?: z.ZodType<string>;
}

/** What an answer tells: text, or null where there is none. */
export function told(description: string) {
  return z.string().nullable().meta({ description });
}

/** The same of an id. */
export function toldId(description: string) {
  return z.uuid().nullable().meta({ description });
}

/** Names another record; which kind, the noun's `references` say. */
export const reference = z.uuid().toLowerCase().nullable();

const tag = requiredText(100);

/** Words that people put on a record; two that differ in case or Unicode form alone are one, as it came first. */
export const tagList = z
  .array(tag)
  .max(50, 'must have at most 50 tags')
  .transform((tags) => {
    const first = new Map<string, string>();
    for (const item of tags) if (!first.has(caseless(item))) first.set(caseless(item), item);
    return [...first.values()];
  })
  .meta({ description: 'At most 50 words; two that differ in case alone are one.', examples: [['vip']] });

const CUSTOM_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

const customText = plainText(10_000);

/** The workspace's own fields: name to text, number, true/false or null; null takes a field away. */
export const customFields = z
  .record(
    z.string().regex(CUSTOM_NAME, 'a custom field name is a letter, then up to 62 letters, digits or _'),
    z.union([customText, z.number(), z.boolean(), z.null()]),
  )
  .refine((fields) => Object.keys(fields).length <= 200, 'must have at most 200 fields')
  .meta({ description: "The workspace's own fields. On update, fields not sent stay; null takes one away." });

/** Merges a change of custom fields into those there are. */
export function mergeCustomFields(
  current: Record<string, CustomValue>,
  change: Record<string, CustomValue> | undefined,
): Record<string, CustomValue> {
  if (!change) return current;
  const merged = { ...current, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** A record with the fields that a change sends; the others stay, custom fields are merged. */
export function applied<R extends BaseRecord>(
  current: R,
  change: Partial<Record<keyof R, unknown>>,
  columns: readonly (keyof R & string)[],
): R {
  const next = { ...current };
  for (const column of columns) {
    if (change[column] !== undefined) next[column] = change[column] as R[typeof column];
  }
  next.custom_fields = mergeCustomFields(
    current.custom_fields,
    change.custom_fields as Record<string, CustomValue> | undefined,
  );
  return next;
}

/** Fields the server sets: sent back by a client that edits what it read, they are ignored. */
export const readOnlyFields = Object.fromEntries(
  ['id', 'object', 'version', 'created_by', 'created_at', 'updated_at', 'deleted_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
  ]),
);

/** What the answers have beside the noun's own fields; for the reference and the schemas of events. */
export const baseOutput = {
  id: z.uuid().meta({ description: 'Names it for good.' }),
  version: z.int().meta({ description: 'Grows by one with every change; the ETag.' }),
  created_by: z.string().meta({ description: 'Who made it, as in `api_key:<id>`.' }),
  created_at: z.iso.datetime().meta({ description: 'When it was made.' }),
  updated_at: z.iso.datetime().meta({ description: 'When it was last changed.' }),
  custom_fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: "The workspace's own fields, by name." }),
};

/** The names of the fields in which two records differ, with what they were. */
export function differences<R extends BaseRecord>(
  before: R,
  after: R,
  columns: readonly (keyof R & string)[],
): Record<string, unknown> | null {
  const changed: Record<string, unknown> = {};
  for (const column of columns) {
    if (!sameValue(before[column], after[column])) changed[column] = before[column];
  }
  return Object.keys(changed).length > 0 ? changed : null;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
