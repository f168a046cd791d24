import { createHash } from 'node:crypto';
import type { Uuid } from '../../base/id.ts';
import type { Field } from '../fields/field.ts';
import type { Noun } from '../noun.ts';

/** The part of a noun that its search documents are made from. */
export type SearchedNoun = Pick<Noun, 'name' | 'fields' | 'title' | 'searched' | 'mergeRules'>;

/** Increase it when documents change in a way that the SQL of their text does not show. */
const FORM = 1;

/** Long texts are searched up to this character: each character costs time in the index. */
const MAX_SEARCHED = 2000;

/** Ends the record's own words in the text; what follows are names of other records. */
const SECTION_END = String.raw`E' \x1f'`;

/** SQL for the record's own words in a document's text. */
export function ownText(text: string): string {
  return String.raw`split_part(${text}, E'\x1f', 1)`;
}

/** SQL over a row `t` of the noun's table. */
export interface TextSql {
  /** Folded text without the token; words of the record, then names of records that it references. */
  text: string;
  /** The same, words of the record alone. */
  own: string;
  /** What other documents contain of this record; null once it is deleted. */
  title: string;
  /** Joins of the referenced records. */
  joins: string;
}

/** How the text of a noun's documents is made, from the fields that search looks at. */
export function textSql(noun: SearchedNoun, nouns: readonly SearchedNoun[]): TextSql {
  const own: string[] = [];
  const related: string[] = [];
  const joins: string[] = [];
  for (const name of noun.searched) {
    const { references } = noun.fields[name]!;
    const target = nouns.find((other) => other.name === references);
    if (!target) {
      own.push(valueSql(noun.fields[name]!, `t.${name}`));
      continue;
    }
    const alias = `r${joins.length}`;
    related.push(titleSql(target, alias));
    joins.push(
      `left join ${target.name} ${alias}
         on ${alias}.workspace_id = t.workspace_id and ${alias}.id = t.${name} and ${alias}.deleted_at is null`,
    );
  }
  const wordsOf = (parts: readonly string[]) =>
    `search_text(concat_ws(' ', ${['null', ...parts].join(', ')}))`;
  return {
    text: `${wordsOf(own)} || ${SECTION_END} || ${wordsOf(related)} || ' '`,
    own: `${wordsOf(own)} || ' '`,
    title: `case when t.deleted_at is null then ${titleSql(noun, 't')} end`,
    joins: joins.join('\n'),
  };
}

function titleSql({ title }: SearchedNoun, alias: string): string {
  return `concat_ws(' ', null, ${title.map((name) => `${alias}.${name}`).join(', ')})`;
}

function valueSql({ kind }: Field, column: string): string {
  if (kind === 'long_text') return `left(${column}, ${MAX_SEARCHED})`;
  if (kind === 'phone') return `${column}, phone_digits(${column})`;
  if (kind === 'phones')
    return `array_to_string(${column}, ' '), array_to_string(phone_digits_list(${column}), ' ')`;
  if (kind === 'tags' || kind === 'emails') return `array_to_string(${column}, ' ')`;
  return column;
}

/** Changes when the documents of the noun have to be made again. */
export function formOf(noun: SearchedNoun, nouns: readonly SearchedNoun[]): string {
  const parts = JSON.stringify([FORM, textSql(noun, nouns)]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 16);
}

/** Rare next to each other in words, so that the trigram of a token is a rare one. */
const TOKEN_LETTERS = 'BFGJKQVWXZ';

/**
 * A word at the beginning of each document, by which the index finds those of one workspace and object. Other workspaces
 * may have the same.
 */
export function searchToken(workspaceId: Uuid, object: string): string {
  const hash = createHash('sha256').update(`${workspaceId} ${object}`).digest();
  return [0, 1, 2].map((at) => TOKEN_LETTERS[hash[at]! % TOKEN_LETTERS.length]).join('');
}

/** Where a noun's title is part of other documents: the referencing nouns and their fields. */
export function referencesTo(
  name: string,
  nouns: readonly SearchedNoun[],
): { object: string; field: string }[] {
  return nouns.flatMap((noun) =>
    noun.searched
      .filter((field) => noun.fields[field]!.references === name)
      .map((field) => ({ object: noun.name, field })),
  );
}
