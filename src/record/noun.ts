import { z } from 'zod';
import { mergeCustomFields, type CustomValue } from './custom-fields.ts';
import type { IdFields } from '../events/integer-ids.ts';
import type { Field } from './fields/field.ts';
import type { MergeRules } from './merge/merge-values.ts';
import { eventsOfNoun, type NounEventDefinition, type NounEvents } from './noun-event.ts';
import { nounSchemas } from './noun-schema.ts';
import type { Filter } from './record-filter.ts';
import { summaryOf } from './noun-summary.ts';
import { withKeptSpelling } from './tags/record-tags.ts';
import type { MatchRule } from './record-match.ts';

/** Fields that every record has, besides those of its noun. Times are ISO 8601 in UTC with milliseconds. */
export interface BaseRecord {
  id: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  custom_fields: Record<string, CustomValue>;
  /** The records that were merged into it; left out if there are none. */
  merged_ids?: string[];
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

/** On whose behalf a record is written. */
export interface Author {
  /** The member for whom a caller writes, null for a key without one; left out where the program itself writes. */
  makerId?: string | null;
}

/** When and by whom a record is created or changed. */
export interface WriteContext {
  /** ISO 8601. */
  at: string;
  actor: string;
  /** What the enrich steps resolved, besides the input (record-service.ts). */
  resolved: Readonly<Record<string, unknown>>;
}

/** The definition of a noun; `defineNoun` derives the rest. */
export interface NounDefinition<F extends Fields> {
  /** Singular key, as in `contact`; also the name of the table. */
  name: string;
  /** For paths and scopes. */
  plural: string;
  /** For the dashboard and the API reference. */
  label: string;
  pluralLabel: string;
  /** Fields that make the title of a record in the dashboard: the first that are filled in. */
  title: readonly (keyof F & string)[];
  /** Columns of lists in the dashboard. */
  listed: readonly (keyof F & string)[];
  /** Fields of the second line of a search result: the first two that are filled in. */
  subtitle?: readonly (keyof F & string)[];
  /** See `Noun.area`. */
  area?: string;
  fields: F;
  /** See `Noun.isActivity`. */
  isActivity?: true;
  /** See `Noun.isOnTimelines`. */
  isOnTimelines?: true;
  /** See `Noun.minRole`. */
  minRole?: 'manager';
  /** Other names that clients may use for a field. */
  aliases?: Readonly<Record<string, keyof F & string>>;
  /** See `Noun.mayChange`. */
  mayChange?(record: RecordOf<F>, writer: Author): boolean;
  /** Throws `ApiError` if a rule over several fields is broken. */
  check?(record: RecordOf<F>): void;
  /** Sets fields that depend on others; must not change `before`. */
  derive?(record: RecordOf<F>, before: RecordOf<F> | null, context: WriteContext): RecordOf<F>;
  /** Events besides created, updated and deleted. */
  events?: Readonly<Record<string, NounEventDefinition<RecordOf<F>>>>;
  /** Descriptions of the three standard events, if not the default. */
  descriptions?: Partial<Record<'created' | 'updated' | 'deleted', string>>;
  /** The events that a change fires, in order; default: only `updated`. */
  fires?(before: RecordOf<F>, after: RecordOf<F>): readonly string[];
  /** The events that a new record fires, in order; default: only `created`. */
  firesOnCreate?(record: RecordOf<F>): readonly string[];
  /** SQL for the context of events; see `Noun.contexts`. */
  contexts?: Readonly<Record<string, string>>;
  /** Additional ids in the records of its events, as in `Noun.idFields`. */
  eventIds?: IdFields;
  /** Additional fields of the summary. */
  summary?(record: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Filters of lists besides those of its fields, by parameter. */
  filters?: Readonly<Record<string, Filter>>;
  /** See `Noun.matchRules`. */
  matchRules?: readonly (MatchRule & { field: keyof F & string; others?: keyof F & string })[];
  /** See `Noun.mergeRules`. */
  mergeRules?: MergeRules;
  /** See `Noun.searchUntilFilled`. */
  searchUntilFilled?: string;
  /** Id and custom fields of the sample record. */
  sample: Pick<BaseRecord, 'id'> & Partial<Pick<BaseRecord, 'created_by' | 'custom_fields'>>;
}

/**
 * A kind of record. The table's statements (record-statement.ts), routes (record-routes.ts), scopes, events, API reference
 * and dashboard (object-routes.ts) are derived from it.
 */
export interface Noun<R extends BaseRecord = BaseRecord, Input extends object = object> {
  readonly name: string;
  readonly plural: string;
  readonly label: string;
  readonly pluralLabel: string;
  readonly title: readonly string[];
  readonly listed: readonly string[];
  readonly subtitle: readonly string[];
  readonly fields: Fields;
  /** Whether its records are logged about others, as notes are: they are on the timelines of these, with their text. */
  readonly isActivity: boolean;
  /** Whether the timelines of all records that it references list its entries, as of tasks; activities are listed too. */
  readonly isOnTimelines: boolean;
  /** The lowest role that may read and write its records; default: every member. */
  readonly minRole?: 'manager';
  /** The columns of its fields; the API has the same names. */
  readonly columns: readonly (keyof R & string)[];
  /** What a client may send to create a record, and to change one (all optional). */
  readonly input: z.ZodType<Input>;
  readonly change: z.ZodType<Change<Input>>;
  /** What the API returns; every field has a description. */
  readonly output: z.ZodObject;
  /** A new record; throws `ApiError` if a rule over several fields is broken. */
  create(input: Input, base: Omit<BaseRecord, 'custom_fields'>, context: WriteContext): R;
  /** The record after a change, under the same rules. Does not change `current`. */
  update(current: R, change: Change<Input>, context: WriteContext): R;
  /**
   * Whether a writer may change, delete, restore or erase a record, besides what its scopes allow. False: the record does
   * not exist for it. Default: everybody with the scope may.
   */
  mayChange?(record: R, writer: Author): boolean;
  /** Fields that reference other records of the workspace, with their kind. */
  readonly references: Readonly<Record<string, string>>;
  /**
   * Objects of an area, such as `training`, are in the dashboard's navigation once the workspace has a record of one of them.
   * Default: always.
   */
  readonly area?: string;
  /** Whether its records have `tags`. */
  readonly hasTags: boolean;
  readonly events: NounEvents;
  /** The events that a change fires, in order, besides those of tags. */
  fires(before: R, after: R): readonly string[];
  /** The events that a new record fires, in order; default: only `events.created`. */
  firesOnCreate?(record: R): readonly string[];
  /**
   * The context of events, by event type: SQL for a json object, evaluated in the writing statement over the event `f`
   * (workspace_id, record, changed: previous values). Batches without such an event do not pay for it.
   */
  readonly contexts?: Readonly<Record<string, string>>;
  /** The fields of its records in events that hold ids of objects; members of the workspace are `member`. */
  readonly idFields: IdFields;
  /** The record without personal data (AX12). */
  summary(record: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Fields that a list can be filtered by, by parameter. */
  readonly filters: Readonly<Record<string, Filter>>;
  /** How a new record is recognised as one that exists, most certain first (record-match.ts). */
  readonly matchRules: readonly MatchRule[];
  /** Set if records can be merged (RC5): the table has the columns `merged_into` and `merged_ids`. */
  readonly mergeRules?: MergeRules;
  /** The fields that search looks at. */
  readonly searched: readonly string[];
  /**
   * What `?q=` searches until its search documents are made for the first time, if the table has a trigram index: SQL
   * over the columns for folded text with a space before every word. Default: the searched fields, without an index.
   */
  readonly searchUntilFilled?: string;
}

/** The record and the input of a noun. */
export type RecordOfNoun<N> = N extends Noun<infer R, infer _Input> ? R : never;
export type InputOfNoun<N> = N extends Noun<infer _R, infer Input> ? Input : never;

/** Makes a noun from its definition. */
export function defineNoun<const F extends Fields>(
  definition: NounDefinition<F>,
): Noun<RecordOf<F>, InputOf<F>> & { fields: F } {
  const { name, fields, check, derive } = definition;
  const names = Object.keys(fields) as (keyof F & string)[];
  const writable = names.filter((field) => !fields[field]!.isReadOnly);
  const fallbacks = Object.fromEntries(names.map((field) => [field, fields[field]!.fallback]));
  /** Copied for each new record: faster than setting every field. */
  const blank: Record<string, unknown> = {
    id: '',
    version: 1,
    ...fallbacks,
    custom_fields: null,
    created_by: '',
    created_at: '',
    updated_at: '',
  };
  const { input, change, output } = nounSchemas(definition);
  const hasTags = fields['tags']?.kind === 'tags';
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
    subtitle: definition.subtitle ?? [],
    fields,
    isActivity: definition.isActivity ?? false,
    isOnTimelines: definition.isOnTimelines ?? definition.isActivity ?? false,
    ...(definition.minRole && { minRole: definition.minRole }),
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
      const record = { ...blank };
      record['id'] = base.id;
      record['version'] = base.version;
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
      if (hasTags) next['tags'] = withKeptSpelling(tagsOf(current), tagsOf(next));
      next['custom_fields'] = mergeCustomFields(current.custom_fields, changed.custom_fields);
      return finished(next as R, current, context);
    },

    hasTags,
    ...(definition.mayChange && { mayChange: definition.mayChange.bind(definition) }),
    ...(definition.area !== undefined && { area: definition.area }),
    events: eventsOfNoun(definition),
    fires: definition.fires ?? (() => [`${name}.updated`]),
    ...(definition.firesOnCreate && { firesOnCreate: definition.firesOnCreate }),
    ...(definition.contexts && { contexts: definition.contexts }),
    idFields: { ...idFieldsOf(fields), ...definition.eventIds },
    summary: (record) => ({ ...summaryOf(fields, record), ...definition.summary?.(record) }),
    filters: filtersOf(definition),
    matchRules: definition.matchRules ?? [],
    ...(definition.mergeRules && { mergeRules: definition.mergeRules }),
    searched: names.filter((field) => fields[field]!.isSearched),
    ...(definition.searchUntilFilled !== undefined && { searchUntilFilled: definition.searchUntilFilled }),
  };
}

function idFieldsOf(fields: Fields): IdFields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { kind, references: object }]) => {
      const target = kind === 'users' ? 'member' : object;
      return target === undefined ? [] : [[name, target]];
    }),
  );
}

/** The tags of a record whose noun has them. */
export function tagsOf(record: object): readonly string[] {
  return (record as { tags: readonly string[] }).tags;
}

function filtersOf<F extends Fields>({ name, fields, filters }: NounDefinition<F>): Record<string, Filter> {
  const number: Record<string, Filter> = 'number' in fields ? {} : { number: numberFilter(name) };
  const own = Object.entries(fields as Fields).flatMap(([column, { filter }]) =>
    filter ? [[filter.name ?? column, { column, ...filter }] as const] : [],
  );
  return { ...Object.fromEntries(own), ...number, ...filters };
}

/** By the integer id of a record (RC17). */
function numberFilter(object: string): Filter {
  return {
    column: 'id',
    by: { number: object },
    schema: z.string().regex(/^[1-9]\d{0,14}$/, 'must be an integer'),
    description: 'Only the record with this number, as in webhooks with integer ids.',
  };
}
