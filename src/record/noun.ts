import type { z } from 'zod';
import { isSame } from '../base/values/same.ts';
import type { EventType } from '../events/event-type.ts';
import { mergeCustomFields, type CustomValue } from './custom-fields.ts';
import type { Field } from './fields/field.ts';
import { nounSchemas } from './noun-schema.ts';
import type { Filter } from './record-filter.ts';

/** What every record has, beside its noun's own fields. Times are ISO 8601, UTC, milliseconds. */
export interface BaseRecord {
  id: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  custom_fields: Record<string, CustomValue>;
}

export type Fields = Readonly<Record<string, Field>>;

/** A record of a noun with these fields. */
export type RecordOf<F extends Fields> = BaseRecord & {
  -readonly [Name in keyof F]: F[Name] extends Field<infer Stored> ? Stored : never;
};

type Sent<F> = F extends Field<unknown, infer Value> ? Value : never;
type Writable<F extends Fields, IsRequired extends boolean> = {
  [Name in keyof F]: F[Name] extends Field<unknown, unknown, IsRequired, false> ? Name : never;
}[keyof F];

/** What a client may send to create a record of a noun with these fields. */
export type InputOf<F extends Fields> = {
  [Name in Writable<F, true>]: Sent<F[Name]>;
} & { [Name in Writable<F, false>]?: Sent<F[Name]> | undefined } & {
  custom_fields?: Record<string, CustomValue> | undefined;
};

/** What a client may send to change a record: any of the fields that may create one. */
export type Change<Input> = { [Name in keyof Input]?: Input[Name] | undefined };

/** A record is created, or changed by what a client sent. */
export interface WriteContext {
  /** ISO 8601. */
  at: string;
  actor: string;
  /** What steps of `enrich` found out beside the input (record-service.ts). */
  resolved: Readonly<Record<string, unknown>>;
}

/** What a noun says of itself; `defineNoun` makes the rest of it. */
export interface NounDefinition<F extends Fields> {
  /** The object's key in the singular, as in `contact`; its table has this name. */
  name: string;
  /** In paths and scopes. */
  plural: string;
  /** What people read. */
  label: string;
  pluralLabel: string;
  /** Fields that name a record to people: the first, joined by a blank, else the one after them that is filled in. */
  title: readonly (keyof F & string)[];
  /** Columns of a list in the dashboard. */
  listed: readonly (keyof F & string)[];
  fields: F;
  /** Other names under which a client may send a field. */
  aliases?: Readonly<Record<string, keyof F & string>>;
  /** Throws `ApiError` where a rule over several fields is broken. */
  check?(record: RecordOf<F>): void;
  /** Sets what follows from other fields; must not change `before`. */
  derive?(record: RecordOf<F>, before: RecordOf<F> | null, context: WriteContext): RecordOf<F>;
  /** Events beside created, updated and deleted. */
  events?: Readonly<Record<string, NounEventDefinition<RecordOf<F>>>>;
  /** What the three events of every noun say of themselves, where it is something else. */
  descriptions?: Partial<Record<'created' | 'updated' | 'deleted', string>>;
  /** The events that a change of something fires, in order; default: `updated` alone. */
  fires?(before: RecordOf<F>, after: RecordOf<F>): readonly string[];
  /** SQL for what events of a change carry beside the record; see `Noun.contexts`. */
  contexts?: Readonly<Record<string, string>>;
  /** What a summary says beside what its fields say. */
  summary?(record: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Filters of lists beside those of its fields, by parameter. */
  filters?: Readonly<Record<string, Filter>>;
  /** See `Noun.search`. */
  search?: string;
  /** An example's own id and custom fields. */
  sample: Pick<BaseRecord, 'id'> & Partial<Pick<BaseRecord, 'created_by' | 'custom_fields'>>;
}

interface NounEventDefinition<R> extends Pick<NounEvent, 'context' | 'contextOutput' | 'isBeyondChange'> {
  description: string;
  /** In what its example differs from that of a change. */
  sample?: Partial<R>;
}

/** A kind of event, as its noun knows it; its schema comes from the noun's output (noun-events.ts). */
export interface NounEvent extends Pick<EventType, 'name' | 'object' | 'description' | 'sample' | 'context'> {
  /** The shape of what it carries beside the record, where it does. */
  contextOutput?: z.ZodObject;
  /** Fired by a command, not by a change that a client sends. */
  isBeyondChange?: boolean;
}

/**
 * A kind of record. From it come the table's statements (record-statement.ts), the routes (record-routes.ts), the
 * scopes, the events, the API reference and what the dashboard shows (object-routes.ts).
 */
export interface Noun<R extends BaseRecord = BaseRecord, Input extends object = object> {
  readonly name: string;
  readonly plural: string;
  readonly label: string;
  readonly pluralLabel: string;
  readonly title: readonly string[];
  readonly listed: readonly string[];
  readonly fields: Fields;
  /** The table's columns of its own fields; the API's names are the same. */
  readonly columns: readonly (keyof R & string)[];
  /** What a client may send to create one, and to change one (all optional). */
  readonly input: z.ZodType<Input>;
  readonly change: z.ZodType<Change<Input>>;
  /** What the API answers, every field described. */
  readonly output: z.ZodObject;
  /** A new record; throws `ApiError` where a rule over several fields is broken. */
  create(input: Input, base: Omit<BaseRecord, 'custom_fields'>, context: WriteContext): R;
  /** The record after a change; the same rules. Does not change `current`. */
  update(current: R, change: Change<Input>, context: WriteContext): R;
  /** Fields that name other records of the workspace, with their kind. */
  readonly references: Readonly<Record<string, string>>;
  readonly events: { created: NounEvent; updated: NounEvent; deleted: NounEvent } & Record<string, NounEvent>;
  /** The events that a change of something fires, in order. */
  fires(before: R, after: R): readonly string[];
  /**
   * What events of a change carry beside the record, by event type: SQL that makes a json object, evaluated in the
   * writing statement over the event `f` (workspace_id, record, changed: what the fields were). Only batches that hold
   * such an event pay for it.
   */
  readonly contexts?: Readonly<Record<string, string>>;
  /** The record without anything personal (contracts AX12). */
  summary(record: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Fields that a list can be filtered by, by parameter. */
  readonly filters: Readonly<Record<string, Filter>>;
  /**
   * What `?q=` looks through: SQL over the columns that makes folded text in which a space stands before every word;
   * an index of trigrams is to hold it.
   */
  readonly search?: string;
}

/** The record and the input of a noun. */
export type RecordOfNoun<N> = N extends Noun<infer R, infer _Input> ? R : never;
export type InputOfNoun<N> = N extends Noun<infer _R, infer Input> ? Input : never;

const CREATED_AT = '2026-06-01T12:00:00.000Z';
const UPDATED_AT = '2026-06-02T09:00:00.000Z';

/** Makes a noun of its fields. */
export function defineNoun<const F extends Fields>(
  definition: NounDefinition<F>,
): Noun<RecordOf<F>, InputOf<F>> & { fields: F } {
  const { name, fields, check, derive } = definition;
  const names = Object.keys(fields) as (keyof F & string)[];
  const writable = names.filter((field) => !fields[field]!.isReadOnly);
  const fallbacks = Object.fromEntries(names.map((field) => [field, fields[field]!.fallback]));
  const { input, change, output } = nounSchemas(definition);
  type R = RecordOf<F>;
  type Input = InputOf<F>;

  function finished(record: R, before: R | null, context: WriteContext): R {
    const derived = derive ? derive(record, before, context) : record;
    check?.(derived);
    return derived;
  }

  return {
    name,
    plural: definition.plural,
    label: definition.label,
    pluralLabel: definition.pluralLabel,
    title: definition.title,
    listed: definition.listed,
    fields,
    columns: [...names, 'custom_fields'],
    input: input as z.ZodType<Input>,
    change: change as z.ZodType<Change<Input>>,
    output,
    references: Object.fromEntries(
      names.flatMap((field) => {
        const { references: kind, isAssigned, isReadOnly } = fields[field]!;
        return kind === undefined || isAssigned || isReadOnly ? [] : [[field, kind] as const];
      }),
    ),

    create(requested, base, context) {
      const sent = requested as Record<string, unknown>;
      const record: Record<string, unknown> = { id: base.id, version: base.version };
      for (const field of names) record[field] = fallbacks[field];
      for (const field of writable) if (sent[field] != null) record[field] = sent[field];
      record['custom_fields'] = mergeCustomFields({}, requested.custom_fields);
      record['created_by'] = base.created_by;
      record['created_at'] = base.created_at;
      record['updated_at'] = base.updated_at;
      return finished(record as R, null, context);
    },

    update(current, changed, context) {
      const sent = changed as Record<string, unknown>;
      const next: Record<string, unknown> = { ...current };
      for (const field of writable)
        if (sent[field] !== undefined) next[field] = sent[field] ?? fallbacks[field];
      next['custom_fields'] = mergeCustomFields(current.custom_fields, changed.custom_fields);
      return finished(next as R, current, context);
    },

    events: eventsOfNoun(definition),
    fires: definition.fires ?? (() => [`${name}.updated`]),
    ...(definition.contexts && { contexts: definition.contexts }),
    summary: (record) => ({ ...summaryOf(fields, record), ...definition.summary?.(record) }),
    filters: filtersOf(definition),
    ...(definition.search !== undefined && { search: definition.search }),
  };
}

function eventsOfNoun<F extends Fields>({
  name,
  label,
  fields,
  sample,
  events = {},
  descriptions = {},
}: NounDefinition<F>): Noun['events'] {
  const created = {
    id: sample.id,
    version: 1,
    ...Object.fromEntries(Object.entries(fields).map(([field, { sample: value }]) => [field, value])),
    custom_fields: sample.custom_fields ?? {},
    created_by: sample.created_by ?? 'api_key:01976d3c-1000-7000-8000-000000000001',
    created_at: CREATED_AT,
    updated_at: CREATED_AT,
  };
  const changed = { ...created, version: 2, updated_at: UPDATED_AT };
  const subject = `${/^[aeiou]/i.test(label) ? 'An' : 'A'} ${label.toLowerCase()}`;
  const type = (verb: string, description: string, example: Record<string, unknown>): NounEvent => ({
    name: `${name}.${verb}`,
    object: name,
    description,
    sample: example,
  });
  return {
    created: type('created', descriptions.created ?? `${subject} was created.`, created),
    updated: type(
      'updated',
      descriptions.updated ?? `At least one field of ${subject.toLowerCase()} changed.`,
      changed,
    ),
    ...Object.fromEntries(
      Object.entries(events).map(([verb, { description, sample: differs, ...more }]) => [
        verb,
        { ...type(verb, description, { ...changed, ...differs }), ...more },
      ]),
    ),
    deleted: type(
      'deleted',
      descriptions.deleted ?? `${subject} was deleted; the payload is its last state.`,
      changed,
    ),
  };
}

/** Values first, then what is there. */
function summaryOf(fields: Fields, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const summary: Record<string, unknown> = {};
  for (const [name, { summary: said }] of Object.entries(fields))
    if (said === 'value') summary[name] = record[name];
  for (const [name, { summary: said }] of Object.entries(fields)) {
    if (said !== 'presence') continue;
    const has = `has_${name.replace(/_id$/, '')}`;
    summary[has] = summary[has] === true || record[name] !== null;
  }
  return summary;
}

function filtersOf<F extends Fields>({ fields, filters }: NounDefinition<F>): Record<string, Filter> {
  const own = Object.entries(fields as Fields).flatMap(([column, { filter }]) =>
    filter ? [[filter.name ?? column, { column, ...filter }] as const] : [],
  );
  return { ...Object.fromEntries(own), ...filters };
}

/** The fields in which two records differ, with what they were; null where there is none. */
export function differences<R extends BaseRecord>(
  before: R,
  after: R,
  columns: readonly (keyof R & string)[],
): Record<string, unknown> | null {
  const changed: Record<string, unknown> = {};
  for (const column of columns) {
    if (!isSame(before[column], after[column])) changed[column] = before[column];
  }
  return Object.keys(changed).length > 0 ? changed : null;
}
