import { isoFromPostgres } from '../db/pool.ts';
import { sql, type Sql } from '../db/sql.ts';
import type { FieldKind } from './fields/field.ts';
import type { Fields } from './noun.ts';
import { someOf, type Selection } from './record-selection.ts';
import { BASE_COLUMNS } from './record-statement.ts';

/**
 * Reads records as the JSON text of the API, for lists. A row is one text that PostgreSQL joins from its columns: fifty
 * rows of twenty columns would be a thousand values for the driver, and as many to serialize.
 */
export interface RecordTexts {
  /** SQL for a row as one text. */
  readonly row: Sql;
  /** The columns of a row; null if a value contains the separator, and the row has to be read in the ordinary way. */
  cellsOf(row: string): string[] | null;
  /** The record as JSON. */
  textOf(cells: readonly string[]): string;
  /** A time of the record, ISO 8601; only of records with all their fields. */
  timeOf(cells: readonly string[], column: 'created_at' | 'updated_at'): string;
}

/** Between columns. A text may contain it, but hardly any does. */
const SEPARATOR = '\x1f';

/** The JSON of a cell. A cell is empty for null; else it is a mark and the value. */
type ToJson = (cell: string) => string;

const json: ToJson = (cell) => {
  const text = cell.slice(1);
  // PostgreSQL writes other JSON with spaces.
  return text === '{}' || text === '[]' ? text : JSON.stringify(JSON.parse(text) as unknown);
};
/** Some of the custom fields. */
function someJson(cell: string, names: ReadonlySet<string>): string {
  return JSON.stringify(someOf(JSON.parse(cell.slice(1)) as Record<string, unknown>, names));
}
const booleanJson: ToJson = (cell) => cell.slice(1);
const numberJson: ToJson = (cell) => JSON.stringify(Number(cell.slice(1)));
/** A cell with nothing that JSON escapes. For most texts this test is all that is needed. */
const PLAIN_ASCII = /^"[ !#-[\]-~]*$/;
const textJson: ToJson = (cell) => (PLAIN_ASCII.test(cell) ? `${cell}"` : JSON.stringify(cell.slice(1)));
const timeJson: ToJson = (cell) => `"${isoFromPostgres(cell.slice(1))}"`;
/** For values that JSON has no need to escape. */
const plainJson: ToJson = (cell) => `${cell}"`;

const BY_KIND: Readonly<Record<FieldKind, ToJson>> = {
  text: textJson,
  long_text: textJson,
  email: textJson,
  emails: json,
  phone: textJson,
  phones: json,
  url: textJson,
  select: textJson,
  currency_code: textJson,
  boolean: booleanJson,
  number: numberJson,
  currency: numberJson,
  date: plainJson,
  datetime: timeJson,
  record: plainJson,
  user: plainJson,
  users: json,
  tags: json,
  answers: json,
};

/** Columns of every record. */
const BASE: Readonly<Record<string, ToJson>> = {
  id: plainJson,
  version: numberJson,
  custom_fields: json,
  created_by: textJson,
  created_at: timeJson,
  updated_at: timeJson,
  merged_ids: json,
};

/** Left out of records that have none. */
const MERGED_IDS = 'merged_ids';

/** The kinds whose column is an array. */
function isList(kind: FieldKind | undefined): boolean {
  return kind === 'tags' || kind === 'emails' || kind === 'phones' || kind === 'users';
}

/** @param selection the fields to read besides `id`; default: all */
export function makeRecordTexts(
  { columns, fields, mergeRules }: { columns: readonly string[]; fields: Fields; mergeRules?: object },
  selection: Selection | null = null,
): RecordTexts {
  const all = ['id', 'version', ...columns, ...BASE_COLUMNS, ...(mergeRules ? [MERGED_IDS] : [])];
  const names = selection ? all.filter((name) => name === 'id' || selection.names.has(name)) : all;
  const cells = names.map((name) => {
    const column =
      name === MERGED_IDS || isList(fields[name]?.kind) ? sql`to_json(${sql.ref(name)})` : sql.ref(name);
    return sql`coalesce('"' || ${column}::text, '')`;
  });
  const heads = names.map((name, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const toJson = names.map((name) => BASE[name] ?? BY_KIND[fields[name]!.kind]);
  const custom = selection?.customFields;
  if (custom) toJson[names.indexOf('custom_fields')] = (cell) => someJson(cell, custom);
  const places = { created_at: names.indexOf('created_at'), updated_at: names.indexOf('updated_at') };

  return {
    row: sql.join(cells, sql.raw(` || E'\\x1f' || `)),

    cellsOf(row) {
      const found = row.split(SEPARATOR);
      return found.length === names.length ? found : null;
    },

    textOf(found) {
      let text = '';
      for (let at = 0; at < found.length; at++) {
        const cell = found[at]!;
        if (cell === '' && names[at] === MERGED_IDS) continue;
        text += heads[at]! + (cell === '' ? 'null' : toJson[at]!(cell));
      }
      return `${text}}`;
    },

    timeOf: (found, column) => isoFromPostgres(found[places[column]]!.slice(1)),
  };
}
