import { caseless, folded } from '../base/fold.ts';
import type { Uuid } from '../base/id.ts';
import { phoneForms } from '../base/phone-number.ts';
import type { Database } from '../db/pool.ts';
import { query, type Queryable, type Transaction } from '../db/query.ts';
import { sql, type Sql } from '../db/sql.ts';
import { defaultCountry, emailCondition, formsOf, phoneCondition } from './record-filter.ts';

/** A field by which a record is recognised as one that exists. */
export interface MatchRule {
  field: string;
  by: 'email' | 'phone' | 'website' | 'name';
  /** A list column that is compared too. */
  others?: string;
}

/** A value of an input, and the records that have it. */
interface Criterion {
  field: string;
  /** Two inputs that could be the same record have the same key. */
  key: string;
  /** SQL: a record has the value. */
  has: Sql;
  /** SQL: it is the record's first address. */
  hasFirst: Sql;
}

/** What an input is compared with, in the order of the rules. */
export type Criteria = readonly Criterion[];

/** Shorter telephone numbers do not identify anybody. */
const MIN_PHONE_DIGITS = 7;

/** The criteria of an input: one for each rule that it has a value for. */
export async function criteriaOf(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  rules: readonly MatchRule[],
  input: Readonly<Record<string, unknown>>,
): Promise<Criteria> {
  const found: Criterion[] = [];
  for (const rule of rules) {
    const value = input[rule.field];
    if (typeof value !== 'string' || value === '') continue;
    const criterion = await criterionOf(db, workspaceId, rule, value);
    if (criterion) found.push(criterion);
  }
  return found;
}

async function criterionOf(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  { field, by, others }: MatchRule,
  value: string,
): Promise<Criterion | null> {
  const first = { column: field };
  const all = others === undefined ? first : { column: field, others };
  const column = sql.ref(field);
  switch (by) {
    case 'email':
      return {
        field,
        key: caseless(value),
        has: emailCondition(all, value),
        hasFirst: emailCondition(first, value),
      };
    case 'phone': {
      const forms = await phoneForms(value, await defaultCountry(db, workspaceId));
      const key = forms.international[0] ?? '';
      if (key.length < MIN_PHONE_DIGITS) return null;
      return {
        field,
        key,
        has: phoneCondition(all, forms, value),
        hasFirst: phoneCondition(first, forms, value),
      };
    }
    case 'website': {
      const has = sql`(${column} is not null and website_key(${column}) = website_key(${value}))`;
      return { field, key: websiteKey(value), has, hasFirst: has };
    }
    default: {
      const has = sql`folded_text(${column}) = folded_text(${value})`;
      return { field, key: folded(value), has, hasFirst: has };
    }
  }
}

/** As website_key of migration 0094. */
function websiteKey(website: string): string {
  return website.toLowerCase().replaceAll(/^https?:\/\/(www\.)?|[?#].*$|\/+$/g, '');
}

/** A record that an input is recognised as. */
export interface Match {
  id: Uuid;
  /** The field that it was recognised by. */
  field: string;
  /** Whether there are others. */
  ambiguous: boolean;
}

/**
 * The record that the criteria are met by: by the first of them that finds one. One that has another value of an earlier
 * criterion is another record, as two people with one telephone and different addresses. Of several, the one whose first
 * address it is, then the oldest.
 */
export async function findMatch(
  on: Queryable,
  table: string,
  workspaceId: Uuid,
  criteria: Criteria,
): Promise<Match | undefined> {
  for (const [at, { field, has, hasFirst }] of criteria.entries()) {
    const earlier = criteria.slice(0, at).map((other) => sql`and ${sql.ref(other.field)} is null`);
    const rows = await query<{ id: Uuid }>(
      on,
      sql`select id from ${sql.ref(table)}
          where workspace_id = ${workspaceId} and deleted_at is null and ${has} ${sql.join(earlier, sql` `)}
          order by coalesce(${hasFirst}, false) desc, id limit 2`,
    );
    if (rows[0]) return { id: rows[0].id, field, ambiguous: rows.length > 1 };
  }
  return undefined;
}

/** Which of these email addresses a record has, in one statement for all. @param rule how the object compares them */
export async function emailsInUse(
  on: Queryable,
  table: string,
  workspaceId: Uuid,
  { field, others }: Pick<MatchRule, 'field' | 'others'>,
  emails: readonly string[],
): Promise<Set<string>> {
  const forms = emails.flatMap((email) => formsOf(email).map((form) => ({ email, form })));
  const live = sql`workspace_id = ${workspaceId} and deleted_at is null`;
  const list = others === undefined ? null : sql.ref(others);
  const inList = list
    ? sql`or exists (select from ${sql.ref(table)}
        where ${live} and ${list} <> '{}' and caseless_tags(${list}) && caseless_tags(array[e.form]))`
    : sql``;
  const rows = await query<{ email: string }>(
    on,
    sql`select e.email
        from unnest(${forms.map(({ email }) => email)}::text[], ${forms.map(({ form }) => form)}::text[]) e(email, form)
        where exists (select from ${sql.ref(table)} where ${live} and lower(${sql.ref(field)}) = lower(e.form)) ${inList}`,
  );
  return new Set(rows.map(({ email }) => email));
}

/** SQL for the records that meet any of the criteria, oldest first. */
export function matching(table: string, workspaceId: Uuid, criteria: Criteria, limit: number): Sql {
  const any = sql.join(
    criteria.map(({ has }) => has),
    sql` or `,
  );
  return sql`select * from ${sql.ref(table)}
    where workspace_id = ${workspaceId} and deleted_at is null and (${any}) order by id limit ${limit}`;
}

const LOCK = {
  name: 'record.lock-name',
  text: `select pg_advisory_xact_lock(hashtextextended($1, 52))`,
};

/** Makes writers of records that could be the same wait for each other, until the end of the transaction. */
export async function lockMatches(
  trx: Transaction,
  table: string,
  workspaceId: Uuid,
  keys: readonly string[],
): Promise<void> {
  // In one order, so that two transactions cannot wait for each other.
  for (const key of keys.toSorted()) await query(trx, LOCK, [`${workspaceId} ${table} ${key}`]);
}
