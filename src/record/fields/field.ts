import { z } from 'zod';
import type { Filter } from '../record-filter.ts';

/** What kind of value a field holds; the dashboard has a widget for each (web/fields). */
export type FieldKind =
  | 'text'
  | 'long_text'
  | 'email'
  | 'phone'
  | 'url'
  | 'number'
  | 'currency'
  | 'currency_code'
  | 'date'
  | 'datetime'
  | 'select'
  | 'record'
  | 'user'
  | 'tags';

/** One value that a `select` field can have. */
export interface Option {
  value: string;
  label: string;
}

/** What every kind of field can be told about itself. */
export interface FieldOptions {
  /** What people read: `First name`. */
  label: string;
  /** For the API reference and the schemas of events; default: the label. */
  description?: string;
  /** Has to be sent to create a record, and is never null. */
  required?: boolean;
  /** Set by the server: what a client sends for it is ignored. */
  readOnly?: boolean;
  /** Never null: the server works it out where nothing is sent, and checks what is. */
  assigned?: boolean;
  /** What a record holds where nothing, or null, is sent. */
  default?: unknown;
  /** A placeholder for examples; default: null. */
  sample?: unknown;
  /** Whether lists can be filtered by it, and how where that differs from its kind. */
  filter?: boolean | Partial<Omit<Filter, 'column'>>;
  /**
   * What the `summary` payload of an event says of it (contracts AX12): its value, or as `has_…` whether it has one.
   * Left out: nothing. Never `value` for anything personal.
   */
  summary?: 'value' | 'presence';
}

/** A field of an object: all that the API, the dashboard, events and erasure know of it. */
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
  /** What a record holds where nothing, or null, is sent. */
  readonly fallback: Stored;
  /** What a client may send. */
  readonly input: z.ZodType<Sent>;
  /** What the API answers. */
  readonly output: z.ZodType;
  readonly sample: Stored;
  /** The kind of record that its values name; `member` for people of the workspace. */
  readonly references?: string;
  /** Whether the server works its value out, and checks it, by a step of `enrich` or in the statement. */
  readonly isAssigned: boolean;
  /** The values of a `select`: the same in every workspace, or a list that each workspace keeps. */
  readonly options?: readonly Option[] | { list: string };
  /** How lists are filtered by it; undefined where they are not. */
  readonly filter: Omit<Filter, 'column'> | undefined;
  readonly summary: 'value' | 'presence' | undefined;
}

/** What a record holds of a field with these options. */
export type StoredBy<Value, Options> = Options extends
  | { required: true }
  | { assigned: true }
  | { default: unknown }
  ? Value
  : Value | null;

/** What a client may send for it. */
export type SentBy<Value, Options> = Options extends { required: true } ? Value : Value | null;

type Is<Options, Name extends string> = Options extends Record<Name, true> ? true : false;

/** The field that a kind makes of its options. */
export type FieldOf<Value, Options> = Field<
  StoredBy<Value, Options>,
  SentBy<Value, Options>,
  Is<Options, 'required'>,
  Is<Options, 'readOnly'>
>;

/** What a kind of field brings: its validators, and how lists are filtered by it. */
export interface KindParts {
  kind: FieldKind;
  /** What a client may send, as the options say: without null where it is required. */
  input: z.ZodType;
  /** What the API answers where there is a value. */
  output: z.ZodType;
  filter?: Omit<Filter, 'column'>;
  references?: string;
  options?: Field['options'];
  /** An example in the API reference, where the sample is one that any workspace takes. */
  hasExample?: boolean;
}

/** Makes a field of a kind; the kinds stand in the files beside this one. */
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
  };
  return field as FieldOf<Value, Options>;
}

/** Set by the server: a client that edits what it read sends it back. */
export const ignored = z
  .unknown()
  .optional()
  .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' });

function described(description: string, fallback: unknown): string {
  return typeof fallback === 'string'
    ? `${description}. Default: ${fallback}.`.replace('..', '.')
    : description;
}
