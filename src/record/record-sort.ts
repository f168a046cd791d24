import { z } from 'zod';
import { date, instant } from '../base/values/time.ts';
import { storageProblem } from '../base/values/text.ts';
import { decodeCursorOf } from '../db/page.ts';
import { isoFromPostgres } from '../db/pool.ts';
import { sql, type Sql } from '../db/sql.ts';
import type { Field, FieldKind } from './fields/field.ts';
import type { Noun } from './noun.ts';

/** How values of a sort are compared. */
type SortType = 'text' | 'number' | 'date' | 'time' | 'json';

/** What a list is sorted by; ties are sorted by id. */
interface SortKey {
  /** SQL over the columns of a row. */
  value: Sql;
  type: SortType;
  /** SQL for whether a row has no value, and so comes last in either direction; null if every row has one. */
  isMissing: Sql | null;
}

type SortedNoun = Pick<Noun, 'fields' | 'title'>;

/** The sort by the whole name of a record, of nouns whose name has several fields. */
const NAME = 'name';
const CUSTOM = 'custom_fields.';
const CUSTOM_SORT = /^-?custom_fields\.[A-Za-z][A-Za-z0-9_]{0,62}$/;
/** Sorts that an index serves. */
const BASE_SORTS = new Set(['created_at', '-created_at', 'updated_at', '-updated_at']);

/** Longer texts are compared by this many characters: a cursor holds the text. */
const MAX_COMPARED = 200;
/** Folding makes some characters longer. */
const MAX_CURSOR_TEXT = 4_000;
/** The longest cursor that a list makes, in characters. */
export const MAX_CURSOR = 16_000;

/** References would be sorted by id, and lists by their first item: neither is an order that anybody looks for. */
const TYPES: Readonly<Record<FieldKind, SortType | null>> = {
  text: 'text',
  long_text: null,
  email: 'text',
  emails: null,
  phone: null,
  phones: null,
  url: 'text',
  number: 'number',
  currency: 'number',
  currency_code: 'text',
  date: 'date',
  datetime: 'time',
  boolean: null,
  select: 'text',
  record: null,
  user: null,
  users: null,
  tags: null,
  answers: null,
};

/** Whether lists can be sorted by a field. */
export function isSortable({ kind }: Pick<Field, 'kind'>): boolean {
  return TYPES[kind] !== null;
}

/** The sort by the name of a record; undefined if there is none. */
export function titleSort(noun: SortedNoun): string | undefined {
  const names = nameFields(noun);
  return names.length > 1 ? NAME : names[0];
}

/** The text fields that come first in the title of a record. */
function nameFields({ fields, title }: SortedNoun): readonly string[] {
  const others = title.findIndex((name) => fields[name]!.kind !== 'text');
  return others === -1 ? title : title.slice(0, others);
}

/** The query parameter `sort`. */
export function sortParameter(noun: SortedNoun) {
  const fields = Object.entries(noun.fields).flatMap(([name, field]) => (isSortable(field) ? [name] : []));
  const byName = titleSort(noun) === NAME ? [NAME] : [];
  const names = ['created_at', 'updated_at', ...byName, ...fields];
  const sorts = names.flatMap((name) => [`-${name}`, name]);
  const custom = z.string().regex(CUSTOM_SORT, { abort: true });
  return z
    .union([z.enum(sorts as [string, ...string[]]), custom], {
      error: `must be one of ${names.join(', ')} or custom_fields.<name>, with a - before it for descending order`,
    })
    .default('-created_at')
    .meta({
      description:
        'A field, with a `-` before it for descending order. Texts are compared ignoring case and accents; records without a value come last in either direction.',
    });
}

/** Whether a list is sorted by a column with an index of its own, and not by a field of the noun. */
export function isBaseSort(sort: string): boolean {
  return BASE_SORTS.has(sort);
}

/** The order of a list: SQL for its rows, and cursors. */
export class RecordSort {
  readonly #sort: string;
  readonly #isDescending: boolean;
  /** Null for `created_at`, which sorts by id, since a UUIDv7 begins with its time. */
  readonly #key: SortKey | null;

  /** @param sort a value that `sortParameter` accepts */
  constructor(noun: SortedNoun, sort: string) {
    this.#sort = sort;
    this.#isDescending = sort.startsWith('-');
    this.#key = sortKey(noun, sort.replace(/^-/, ''));
  }

  /** SQL for the value of a row in a cursor, as text. */
  get cursorValue(): Sql {
    return this.#key ? sql`(${this.#key.value})::text` : sql`created_at::text`;
  }

  /** The value in a cursor. @param text what `cursorValue` returned */
  cursorText(text: string | null): string | null {
    const isTime = this.#key === null || this.#key.type === 'time';
    return isTime && text !== null ? isoFromPostgres(text) : text;
  }

  get order(): Sql {
    const direction = sql.raw(this.#isDescending ? 'desc' : 'asc');
    if (!this.#key) return sql`id ${direction}`;
    const { value, isMissing } = this.#key;
    return sql`${value} ${direction} ${sql.raw(isMissing ? 'nulls last' : '')}, id ${direction}`;
  }

  /** The condition of the page after a cursor, to be added to others. Throws `validation_error`. */
  after(cursor: string | undefined): Sql {
    if (cursor === undefined) return sql``;
    const type = this.#key?.type ?? 'time';
    const { value, id } = decodeCursorOf(cursor, this.#sort, (text) => parsedValue(type, text) !== null);
    const than = sql.raw(this.#isDescending ? '<' : '>');
    if (!this.#key) return sql`and id ${than} ${id}::uuid`;
    const { value: held, isMissing } = this.#key;
    if (value === null) return sql`and ${isMissing ?? sql`false`} and id ${than} ${id}::uuid`;
    const cast = sql.raw(CASTS[type]);
    const next = sql`(${held}, id) ${than} (${parsedValue(type, value)}::${cast}, ${id}::uuid)`;
    return isMissing ? sql`and (${next} or ${isMissing})` : sql`and ${next}`;
  }
}

const CASTS: Readonly<Record<SortType, string>> = {
  text: 'text',
  number: 'numeric',
  date: 'date',
  time: 'timestamptz',
  json: 'jsonb',
};

/** The value of a cursor as PostgreSQL accepts it; null if a client has changed it. */
function parsedValue(type: SortType, text: string): string | null {
  if (type === 'json') return parsedJson(text);
  return IS_VALUE[type](text) ? text : null;
}

const IS_VALUE: Readonly<Record<Exclude<SortType, 'json'>, (text: string) => boolean>> = {
  text: (text) => text.length <= MAX_CURSOR_TEXT && storageProblem(text) === null,
  number: (text) => /^-?\d{1,20}(?:\.\d{1,20})?$/.test(text),
  date: (text) => date.safeParse(text).success,
  time: (text) => instant.safeParse(text).success,
};

function parsedJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return IS_VALUE.text(value) ? JSON.stringify(value) : null;
    const isScalar = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
    return isScalar ? JSON.stringify(value) : null;
  } catch {
    return null;
  }
}

function sortKey(noun: SortedNoun, name: string): SortKey | null {
  if (name === 'created_at') return null;
  if (name === 'updated_at') return { value: sql.ref(name), type: 'time', isMissing: null };
  if (name.startsWith(CUSTOM)) return customKey(name.slice(CUSTOM.length));
  return Object.hasOwn(noun.fields, name) ? fieldKey(name, noun.fields[name]!) : nameKey(noun);
}

function fieldKey(name: string, { kind, options, isRequired, isAssigned, fallback }: Field): SortKey {
  const column = sql.ref(name);
  const isNullable = !isRequired && !isAssigned && fallback === null;
  const isMissing = isNullable ? sql`${column} is null` : null;
  const type = TYPES[kind]!;
  if (type !== 'text') return { value: column, type, isMissing };
  if (kind === 'select' && Array.isArray(options)) {
    const values = sql.join((options as readonly { value: string }[]).map(({ value }) => sql.lit(value)));
    return { value: sql`array_position(array[${values}]::text[], ${column})`, type: 'number', isMissing };
  }
  // As in the indexes of companies and deals by name.
  if (isRequired) return { value: sql`folded_text(${column})`, type, isMissing };
  // An id of what is no record is stored as a UUID.
  return { value: comparedText(sql`${column}::text`), type, isMissing };
}

/** As the dashboard shows it: the name, or else the first other field of the title. */
function nameKey(noun: SortedNoun): SortKey {
  const names = nameFields(noun).map((name) => sql.ref(name));
  const others = noun.title.slice(names.length).map((name) => sql.ref(name));
  const name = sql`nullif(concat_ws(' ', ${sql.join(names)}), '')`;
  return {
    value: comparedText(sql`coalesce(${sql.join([name, ...others])})`),
    type: 'text',
    isMissing: sql`coalesce(${sql.join([...names, ...others])}) is null`,
  };
}

/** Texts come first, then numbers, then true and false. */
function customKey(name: string): SortKey {
  const held = sql`(custom_fields -> ${name}::text)`;
  const text = comparedText(sql`custom_fields ->> ${name}::text`);
  return {
    value: sql`case jsonb_typeof${held} when 'string' then to_jsonb(${text}) else ${held} end`,
    type: 'json',
    isMissing: sql`${held} is null`,
  };
}

function comparedText(text: Sql): Sql {
  return sql`left(folded_text(${text}), ${sql.raw(String(MAX_COMPARED))})`;
}
