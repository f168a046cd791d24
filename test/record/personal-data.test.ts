import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { NOT_PERSONAL, PERSONAL_DATA } from '../../src/record/personal-data.ts';
import { redaction } from '../../src/record/redaction.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

let database: TestDatabase;
let schema: string[];
beforeAll(async () => {
  database = await freshDatabase();
  const { rows } = await database.db.pool.query<{ name: string }>(
    `select c.table_name || '.' || c.column_name as name
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> 'migration'
       and not exists (select from pg_inherits i where i.inhrelid = format('%I', c.table_name)::regclass)
       and c.udt_name in ('text', '_text', 'varchar', '_varchar', 'bpchar', 'citext', 'json', '_json', 'jsonb', '_jsonb',
                          'bytea', '_bytea', 'xml', 'tsvector', 'inet', 'cidr', 'name', 'hstore')`,
  );
  schema = rows.map(({ name }) => name);
});
afterAll(() => database.drop());

const columnsOf = (table: string, columns = '') =>
  columns.split(' ').flatMap((column) => (column === '' ? [] : [`${table}.${column}`]));
const personal = Object.entries(PERSONAL_DATA).flatMap(([table, endings]) =>
  Object.values(endings).flatMap((columns) => columnsOf(table, columns)),
);
const others = Object.entries(NOT_PERSONAL).flatMap(([table, columns]) => columnsOf(table, columns));

test('Erasure: every column of text, JSON or bytes says in record/personal-data.ts how its data ends', () => {
  expect(schema.length).toBeGreaterThan(150);
  const known = new Set([...personal, ...others]);
  expect(schema.filter((name) => !known.has(name))).toEqual([]);
});

test('the registry has each column once, and none that does not exist', () => {
  const all = [...personal, ...others];
  const existing = new Set(schema);
  expect(all.filter((name) => !existing.has(name))).toEqual([]);
  expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([]);
});

test.each(NOUNS.map((noun) => [noun.name, noun] as const))(
  'the erasure of a %s blanks every personal column of its row',
  (name, noun) => {
    const open = Object.keys(noun.summary({})).filter((field) => (noun.columns as string[]).includes(field));
    const filled = Object.fromEntries(noun.columns.map((column) => [column, 'Wilhelmina']));
    const left = redaction(noun.output, open)(filled);
    for (const column of PERSONAL_DATA[name]!.record!.split(' '))
      expect(left[column], column).not.toBe('Wilhelmina');
  },
);
