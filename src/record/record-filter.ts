import { sql, type RawBuilder } from 'kysely';
import type { z } from 'zod';
import { folded, phoneDigits } from '../base/fold.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';

type Condition = RawBuilder<boolean>;

/** A table whose names can be asked for in place of the values that records hold. */
export type LookUp = 'pipeline' | 'stage' | 'lead_source' | 'lead_event_type';

/** How a list is filtered by a parameter. */
export interface Filter {
  column: string;
  /** The parameter, where it is not the column's name. */
  name?: string;
  /**
   * How values are compared; default: exactly, in whatever Unicode form. `caseless`: ignoring case; `folded`: accents
   * and apostrophes too; `phone`: by digits; `tag`: the column is a list of tags that has to hold this one.
   */
  by?: 'caseless' | 'folded' | 'phone' | 'tag' | undefined;
  lookUp?: LookUp;
  /** For the API reference; default: only those with this value. */
  description?: string;
  /** How the value has to look, where the column takes no other text. */
  schema?: z.ZodType<string>;
}

/**
 * What a list is asked for by its filters, as conditions on its rows. Names are looked up first, so that the rows are
 * then found by a value that an index holds.
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
        : compared(filter, wanted),
    ),
  );
}

function compared({ column, by }: Filter, wanted: string): Condition {
  const held = sql.ref(column);
  switch (by) {
    case 'tag':
      // As the index has it, which leaves out those without tags.
      return sql`${held} <> '{}' and caseless_tags(${held}) @> array[caseless_text(${wanted})]`;
    case 'folded':
      return sql`folded_text(${held}) = folded_text(${wanted})`;
    case 'phone':
      // Without digits there is only the text to go by.
      return phoneDigits(wanted) !== ''
        ? sql`phone_digits(${held}) = phone_digits(${wanted})`
        : sql`${held} = ${wanted}`;
    default:
      return anyOf({ column, by }, formsOf(wanted));
  }
}

/** The Unicode forms in which a text may be stored; of ASCII there is one. */
export function formsOf(text: string): string[] {
  return [...new Set([text, text.normalize('NFC'), text.normalize('NFD')])];
}

function anyOf({ column, by }: Pick<Filter, 'column' | 'by'>, values: readonly string[]): Condition {
  const held = by === 'caseless' ? sql`lower(${sql.ref(column)})` : sql.ref(column);
  const candidates = values.map((value) => (by === 'caseless' ? sql`lower(${value})` : sql`${value}`));
  if (candidates.length === 0) return sql`false`;
  // Of one value, the rows come in the index's order.
  return candidates.length === 1
    ? sql`${held} = ${candidates[0]}`
    : sql`${held} in (${sql.join(candidates)})`;
}

/** Where the values of a filter have names: by which table, and what of it stands in the record. */
const LOOK_UPS: Readonly<Record<LookUp, 'id' | 'name'>> = {
  pipeline: 'id',
  stage: 'id',
  lead_source: 'name',
  lead_event_type: 'name',
};

/**
 * The values that a name stands for: the ids of all that are called so, or of the one that has it for its id; of lead
 * options every spelling.
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

/** Of texts that differ in case alone, one. */
function spellings(texts: string[]): string[] {
  return [...new Map(texts.map((text) => [text.toLowerCase(), text])).values()];
}

const MAX_WORDS = 5;
/** Trigrams find nothing shorter within a word; at the beginning of one they know it by the space before it. */
const MIN_WITHIN = 3;
/** A telephone number as people write it, of so many digits at least. */
const PHONE = /^(?=(?:\D*\d){5})[\d\s()+./\u2010-\u2015-]+$/;

/** A part of one. */
const PHONE_WORD = /^(?:tel:)?[\d()+./\u2010-\u2015-]+$/i;

/** What `?q=` asks for: every word of it (the first five), or the digits of a telephone number. */
export function searchCondition(text: string, wanted: string): Condition {
  const words = wanted.split(/\s+/).filter((word) => folded(word) !== '');
  const each = words.slice(0, MAX_WORDS).map((word) => holdsWord(text, word));
  const all = each.length > 0 ? sql.join(each, sql` and `) : sql`true`;
  if (!PHONE.test(wanted)) return sql`(${all})`;
  return sql`((${all}) or ${holds(text, wanted.replaceAll(/\D/g, ''))})`;
}

/** A word that is written like a telephone number is found by its digits as well. */
function holdsWord(text: string, word: string): Condition {
  const digits = phoneDigits(word.replace(/^tel:/i, ''));
  if (digits.length < MIN_WITHIN || !PHONE_WORD.test(word)) return holds(text, word);
  return sql`(${holds(text, word)} or ${holds(text, digits)})`;
}

/** The database folds what is searched for as it folds what it holds, and takes it literally. */
function holds(text: string, word: string): Condition {
  const before = Array.from(folded(word)).length < MIN_WITHIN ? '% ' : '%';
  const literal = sql`regexp_replace(folded_text(${word}), '([\\\\%_])', '\\\\\\1', 'g')`;
  return sql`${sql.raw(text)} like ${before} || ${literal} || '%'`;
}
