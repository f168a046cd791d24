import type { z } from 'zod';
import { folded, phoneDigits } from '../base/fold.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import { phoneForms, type PhoneForms } from '../base/phone-number.ts';
import type { Database } from '../db/pool.ts';
import { sql, type Sql } from '../db/sql.ts';

type Condition = Sql;

/** A table whose names can be used in filters in place of the stored values. */
export type LookUp = 'pipeline' | 'stage' | 'lead_source' | 'lead_event_type';

/** A filter of a list. */
export interface Filter {
  column: string;
  /** The query parameter; default: the column's name. */
  name?: string;
  /**
   * How values are compared; default: exactly, in any Unicode form. `caseless`: ignoring case; `folded`: ignoring case,
   * accents and apostrophes; `phone`: as telephone numbers
   * (base/phone-number.ts); `tag`: the column is a list of tags that contains the value; `number`: the value is the number
   * of a record of this object, whose id the column holds.
   */
  by?: 'caseless' | 'folded' | 'phone' | 'tag' | { number: string } | undefined;
  /** A list column that is compared too, as in `other_emails`; with `caseless` and `phone` only. */
  others?: string;
  lookUp?: LookUp;
  /** Lists can also be bounded by the time, as in `starts_at[gte]`; the column has an index. */
  isRange?: true;
  /** For the API reference. */
  description?: string;
  /** The schema of the value, if the column does not hold any text. */
  schema?: z.ZodType<string>;
}

/**
 * The filters of a request as conditions on rows. Names are looked up first, so that an index finds the rows by stored
 * values.
 */
export async function filterConditions(
  db: Database,
  { filters }: { filters: Readonly<Record<string, Filter>> },
  workspaceId: Uuid,
  query: Record<string, unknown>,
): Promise<Condition[]> {
  const requested = Object.entries(filters).flatMap(([name, filter]) => {
    const wanted = query[name];
    return typeof wanted === 'string' ? [{ filter, wanted }] : [];
  });
  return Promise.all(
    requested.map(async ({ filter, wanted }) =>
      filter.lookUp
        ? anyOf(filter, await lookedUp(db, filter.lookUp, workspaceId, wanted))
        : filter.by === 'phone'
          ? phoneCondition(filter, await phoneForms(wanted, await defaultCountry(db, workspaceId)), wanted)
          : compared(filter, wanted, workspaceId),
    ),
  );
}

const DEFAULT_COUNTRY = {
  name: 'workspace.default_country',
  text: 'select default_country from workspace where id = $1',
};

/** The country of the workspace's telephone numbers without a country code. */
export async function defaultCountry(db: Pick<Database, 'read'>, workspaceId: Uuid): Promise<string | null> {
  const [row] = await db.read<{ default_country: string | null }>(DEFAULT_COUNTRY, [workspaceId]);
  return row?.default_country ?? null;
}

function compared(filter: Filter, wanted: string, workspaceId: Uuid): Condition {
  const { column, by } = filter;
  const held = sql.ref(column);
  if (typeof by === 'object')
    return sql`${held} = (select n.record_id from record_number n where n.workspace_id = ${workspaceId}
      and n.object = ${by.number} and n.number = ${wanted}::bigint)`;
  switch (by) {
    case 'tag':
      // Written as in the index, which leaves out rows without tags.
      return sql`${held} <> '{}' and caseless_tags(${held}) @> array[caseless_text(${wanted})]`;
    case 'folded':
      return sql`folded_text(${held}) = folded_text(${wanted})`;
    default:
      return anyOf(filter, formsOf(wanted));
  }
}

/** The same telephone number, however it is written. A text without digits is compared exactly. */
export function phoneCondition(
  { column, others }: Pick<Filter, 'column' | 'others'>,
  { international, all }: PhoneForms,
  wanted: string,
): Condition {
  const held = sql.ref(column);
  if (all.length === 0) return sql`${held} = ${wanted}`;
  // A number with a + is of another country if it only has the digits of a local one.
  // The index leaves out rows without a number.
  const first = sql`(${held} is not null and phone_digits(${held}) = any(${all}::text[])
    and (ltrim(${held}) not like '+%' or phone_digits(${held}) = any(${international}::text[])))`;
  if (others === undefined) return first;
  const list = sql.ref(others);
  return sql`(${first} or (${list} <> '{}' and phone_digits_list(${list}) && ${all}::text[]))`;
}

/** The same e-mail address, in any case and Unicode form. */
export function emailCondition(held: Pick<Filter, 'column' | 'others'>, wanted: string): Condition {
  return anyOf({ ...held, by: 'caseless' }, formsOf(wanted));
}

/** The Unicode forms in which a text may be stored; only one for ASCII. */
export function formsOf(text: string): string[] {
  return [...new Set([text, text.normalize('NFC'), text.normalize('NFD')])];
}

/** One of some texts; with `others`, in the column or in the list. */
function anyOf(
  { column, by, others }: Pick<Filter, 'column' | 'by' | 'others'>,
  values: readonly string[],
): Condition {
  const held = by === 'caseless' ? sql`lower(${sql.ref(column)})` : sql.ref(column);
  const candidates = values.map((value) => (by === 'caseless' ? sql`lower(${value})` : sql`${value}`));
  if (candidates.length === 0) return sql`false`;
  // With a single value, the index returns the rows in order.
  const first =
    candidates.length === 1 ? sql`${held} = ${candidates[0]}` : sql`${held} in (${sql.join(candidates)})`;
  if (others === undefined) return first;
  const list = sql.ref(others);
  return sql`(${first} or (${list} <> '{}' and caseless_tags(${list}) && caseless_tags(${values}::text[])))`;
}

/** The look-up tables, each with the column that records store. */
const LOOK_UPS: Readonly<Record<LookUp, 'id' | 'name'>> = {
  pipeline: 'id',
  stage: 'id',
  lead_source: 'name',
  lead_event_type: 'name',
};

/**
 * The stored values for a name: the ids of all rows with this name, or the id itself; for lead options, all spellings.
 */
async function lookedUp(db: Database, table: LookUp, workspaceId: Uuid, wanted: string): Promise<string[]> {
  const value = LOOK_UPS[table];
  const id = wanted.toLowerCase();
  if (value === 'id' && isUuid(id)) return [id];
  const rows = await db.read<{ value: string }>(
    {
      name: `${table}.named`,
      text: `select ${value} as value from ${table}
             where workspace_id = $1 and folded_text(name) = folded_text($2) limit 1000`,
    },
    [workspaceId, wanted],
  );
  const found = rows.map((row) => row.value);
  return value === 'id' ? found : spellings([...formsOf(wanted), ...found]);
}

/** Keeps one of texts that differ only by case. */
function spellings(texts: string[]): string[] {
  return [...new Map(texts.map((text) => [text.toLowerCase(), text])).values()];
}

const MAX_WORDS = 5;
/** Trigrams need this length within a word; shorter texts are found at the beginning of words, by the space before. */
const MIN_WITHIN = 3;
/** A formatted telephone number with at least 5 digits. */
const PHONE = /^(?=(?:\D*\d){5})[\d\s()+./\u2010-\u2015-]+$/;

/** A part of a telephone number. */
const PHONE_WORD = /^(?:tel:)?[\d()+./\u2010-\u2015-]+$/i;

/** The condition of `?q=`: every word (the first five), or the digits of a telephone number. */
export function searchCondition(text: string, wanted: string): Condition {
  const words = wanted.split(/\s+/).filter((word) => folded(word) !== '');
  const each = words.slice(0, MAX_WORDS).map((word) => holdsWord(text, word));
  const all = each.length > 0 ? sql.join(each, sql` and `) : sql`true`;
  if (!PHONE.test(wanted)) return sql`(${all})`;
  return sql`((${all}) or ${holds(text, wanted.replaceAll(/\D/g, ''))})`;
}

/** A word that looks like a telephone number is also matched by its digits. */
function holdsWord(text: string, word: string): Condition {
  const digits = phoneDigits(word.replace(/^tel:/i, ''));
  if (digits.length < MIN_WITHIN || !PHONE_WORD.test(word)) return holds(text, word);
  return sql`(${holds(text, word)} or ${holds(text, digits)})`;
}

/** PostgreSQL folds the word in the same way as the text, and matches it literally. */
function holds(text: string, word: string): Condition {
  const before = Array.from(folded(word)).length < MIN_WITHIN ? '% ' : '%';
  const literal = sql`regexp_replace(folded_text(${word}), '([\\\\%_])', '\\\\\\1', 'g')`;
  return sql`${sql.raw(text)} like ${before} || ${literal} || '%'`;
}
