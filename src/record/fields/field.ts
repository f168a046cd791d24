import { z } from 'zod';
import type { Filter } from '../record-filter.ts';

/** Kinds of fields; the dashboard has a widget for each (web/fields). */
export type FieldKind =
  | 'text'
  | 'long_text'
  | 'email'
  | 'emails'
  | 'phone'
  | 'phones'
  | 'url'
  | 'number'
  | 'currency'
  | 'currency_code'
  | 'date'
  | 'datetime'
  | 'boolean'
  | 'select'
  | 'record'
  | 'user'
  | 'users'
  | 'tags'
  | 'answers';

/** One option of a `select` field. */
export interface Option {
  value: string;
  label: string;
}

/** Options of every kind of field. */
export interface FieldOptions {
  /** As in `First name`. */
  label: string;
  /** For the API reference and the schemas of events; default: the label. */
  description?: string;
  /** Required to create a record, and never null. */
  required?: boolean;
  /** Set by the server; ignored when sent. */
  readOnly?: boolean;
  /** Never null: the server sets it if no value is sent, and otherwise checks the value. */
  assigned?: boolean;
  /** The value if none, or null, is sent. */
  default?: unknown;
  /** A placeholder for examples; default: null. */
  sample?: unknown;
  /** Whether lists can be filtered by it; an object overrides the filter of its kind. */
  filter?: boolean | Partial<Omit<Filter, 'column'>>;
  /**
   * How the `summary` payload of an event shows it (AX12): its value, or whether it has one, as `has_…`.
   * Default: not at all. Never `value` for personal data.
   */
  summary?: 'value' | 'presence';
  /**
   * Whether search looks at it; default: only tags. Of a reference, search looks at the title of the record; it needs a
   * `filter`, whose index finds the records that reference one whose title has changed.
   */
  search?: boolean;
}

/** A field of an object, for the API, the dashboard, events and erasure. */
export interface Field<
  Stored = unknown,
  Sent = unknown,
  IsRequired extends boolean = boolean,
  IsReadOnly extends boolean = boolean,
> {
  readonly kind: FieldKind;
  readonly label: string;
  readonly description: string;
  readonly isRequired: IsRequired;
  readonly isReadOnly: IsReadOnly;
  /** The value if none, or null, is sent. */
  readonly fallback: Stored;
  /** What a client may send. */
  readonly input: z.ZodType<Sent>;
  /** What the API returns. */
  readonly output: z.ZodType;
  readonly sample: Stored;
  /** The kind of record that it references; `member` for users of the workspace. */
  readonly references?: string;
  /** Whether the server sets and checks its value, in an enrich step or in the statement. */
  readonly isAssigned: boolean;
  /** The options of a `select`: the same in every workspace, or a list of the workspace's own. */
  readonly options?: readonly Option[] | { list: string };
  /** How lists are filtered by it; undefined if they cannot be. */
  readonly filter: Omit<Filter, 'column'> | undefined;
  readonly summary: 'value' | 'presence' | undefined;
  readonly isSearched: boolean;
}

/** The stored type of a field with these options. */
export type StoredBy<Value, Options> = Options extends
  | { required: true }
  | { assigned: true }
  | { default: unknown }
  ? Value
  : Value | null;

/** The type that a client may send. */
export type SentBy<Value, Options> = Options extends { required: true } ? Value : Value | null;

type Is<Options, Name extends string> = Options extends Record<Name, true> ? true : false;

/** The type of a field with these options. */
export type FieldOf<Value, Options> = Field<
  StoredBy<Value, Options>,
  SentBy<Value, Options>,
  Is<Options, 'required'>,
  Is<Options, 'readOnly'>
>;

/** The parts of a field that its kind determines. */
export interface KindParts {
  kind: FieldKind;
  /** What a client may send, by the field's options: without null if it is required. */
  input: z.ZodType;
  /** What the API returns, if there is a value. */
  output: z.ZodType;
  filter?: Omit<Filter, 'column'>;
  references?: string;
  options?: Field['options'];
  /** Whether the sample is an example in the API reference, valid in any workspace. */
  hasExample?: boolean;
  isSearched?: boolean;
}

/** Makes a field of a kind; each kind has a file in this folder. */
export function makeField<Value, const Options extends FieldOptions>(
  parts: KindParts,
  options: Options,
): FieldOf<Value, Options> {
  const {
    label,
    description = label,
    required = false,
    assigned = false,
    readOnly = false,
    filter,
  } = options;
  const fallback = options.default ?? null;
  const sample = options.sample ?? fallback;
  const isNullable = !required && !assigned && fallback === null;
  const example = parts.hasExample && sample !== null ? { examples: [sample] } : {};
  const field: Field = {
    kind: parts.kind,
    label,
    description,
    isRequired: required,
    isReadOnly: readOnly,
    isAssigned: assigned,
    fallback,
    input: readOnly
      ? ignored
      : parts.input.meta({ description: described(description, fallback), ...example }),
    output: (isNullable ? parts.output.nullable() : parts.output).meta({ description }),
    sample,
    ...(parts.references !== undefined && { references: parts.references }),
    ...(parts.options !== undefined && { options: parts.options }),
    filter: filter ? { ...parts.filter, ...(filter === true ? {} : filter) } : undefined,
    summary: options.summary,
    isSearched: options.search ?? parts.isSearched ?? false,
  };
  return field as FieldOf<Value, Options>;
}

/** Set by the server. Accepted, so that a client can send back what it read. */
export const ignored = z
  .unknown()
  .optional()
  .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' });

function described(description: string, fallback: unknown): string {
  return typeof fallback === 'string'
    ? `${description}. Default: ${fallback}.`.replace('..', '.')
    : description;
}
