import { isUuid, type Uuid } from '../../base/id.ts';
import { readWithin } from '../../db/bounded-read.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import type { Noun } from '../noun.ts';
import { filterConditions } from '../record-filter.ts';
import { ownText, searchToken, textSql, type SearchedNoun } from './search-text.ts';
import { containsSql, indexSql, isPhone, longTrigrams, type SearchWords } from './search-words.ts';

/** What is searched for, and by whom. */
export interface Sought {
  workspaceId: Uuid;
  words: SearchWords;
  /** Only what the record itself contains: the caller may not read all objects that the noun references. */
  isOwnOnly: boolean;
}

/** A record that was found. Lower classes are better. */
export interface Hit {
  id: Uuid;
  class: number;
  /** ISO 8601. */
  updated_at: string;
}

export interface Hits {
  hits: Hit[];
  /** There may be more: the time was over, or there are too many. */
  isPartial: boolean;
}

/** Hits among the newest documents, newest first. */
interface NewestHits {
  hits: Hit[];
  /** There are no other documents. */
  isAll: boolean;
  /** All hits from this id on are among them. */
  from: Uuid;
  /** About how many there are, of all workspaces. */
  documents: number;
}

/** Equal as a whole: an address, a telephone number, a number. */
const EXACT = 0;

/** The newest documents, which are read first. */
const NEWEST = 2_000;
/** Read for the first page of a list of a word that fewer of those have. */
const MANY_NEWEST = 10_000;
/** As many of them are ranked: ranking takes longer than finding. */
const MAX_NEWEST_HITS = 400;
/** With as many hits among them, a word is in more than one record of a hundred, and the newest are enough. */
const COMMON = 25;
/** As many hits of an object as are returned, and as many as are ranked for it. */
const MAX_HITS = 100;
const MAX_RANKED = 2_000;
/** Records with a rare word, which lists look up one by one. */
const MAX_RARE = 5_000;
/** The records of a list's page, with the one that shows whether there is another page. */
const PAGE = 51;
/** The newest documents that show how rare a trigram is. */
const SAMPLE = 300;
/** The time for the hits of an object, in milliseconds. */
const BUDGET_MS = 100;
/** The same, where no index helps. */
const SCAN_BUDGET_MS = 1_000;

/** The documents of a noun, read in the two ways that are fast: newest first, and by the words' trigrams. */
export class SearchReader {
  readonly #db: Database;
  readonly #nouns: readonly SearchedNoun[];
  #isIndexed: Promise<boolean> | undefined;

  constructor(db: Database, nouns: readonly SearchedNoun[]) {
    this.#db = db;
    this.#nouns = nouns;
  }

  /** Hits of an object in its documents, in no order. */
  async hits(object: string, sought: Sought): Promise<Hits> {
    const newest = await this.#newest(object, sought);
    if (newest.isAll || newest.hits.length >= COMMON) return { hits: newest.hits, isPartial: !newest.isAll };
    const ranked = sql`
      select d.record_id as id, d.updated_at, ${classSql(sought.words)} as class
      from (${await this.#found(object, sought, MAX_RANKED)}) d
      order by class, d.updated_at desc limit ${MAX_HITS}`;
    const found = await readWithin<Hit>(this.#db.pool, await this.#budgetMs(), ranked);
    if (found === null) return { hits: newest.hits, isPartial: true };
    const ids = new Set(found.map(({ id }) => id));
    const hits = [...found, ...newest.hits.filter(({ id }) => !ids.has(id))];
    return { hits, isPartial: found.length === MAX_HITS };
  }

  /** Hits in the records themselves, newest first: their documents are being made. */
  async unfilledHits(noun: Noun, sought: Sought): Promise<Hits> {
    const found = sql`
      select id, updated_at, 3 as class from ${sql.ref(noun.name)}
      where workspace_id = ${sought.workspaceId} and deleted_at is null and ${this.unfilledCondition(noun, sought)}
      order by id desc limit ${MAX_HITS}`;
    const rows = await readWithin<Hit>(this.#db.pool, SCAN_BUDGET_MS, found);
    return { hits: rows ?? [], isPartial: rows === null || rows.length === MAX_HITS };
  }

  /** The condition on rows of the noun's table, by their documents. */
  async condition(noun: Pick<Noun, 'name'>, sought: Sought): Promise<Sql> {
    const newest = await this.#newest(noun.name, sought);
    // Looking up `documents * hits / NEWEST` records takes longer than reading `PAGE * NEWEST / hits` of the list.
    const isCommon = !newest.isAll && newest.documents * newest.hits.length ** 2 >= PAGE * NEWEST ** 2;
    const found = newest.isAll ? newest.hits : isCommon ? null : await this.#rare(noun.name, sought);
    if (found !== null) return sql`id = any(${idsOf(found)}::uuid[])`;
    // Many records have it, so the first page is found soon, often among the newest. `offset 0` keeps the planner from
    // beginning with the words.
    const id = sql.ref(`${noun.name}.id`);
    const { hits, from } =
      newest.hits.length < PAGE ? await this.#newest(noun.name, sought, MANY_NEWEST) : newest;
    return sql`(id = any(${idsOf(hits)}::uuid[]) or id < ${from} and exists (
      select from search_document d
      where d.workspace_id = ${sought.workspaceId} and d.object_type = ${noun.name}
        and d.record_id = ${id} and ${textCondition(sought)} offset 0))`;
  }

  /** All records with the words; null if there are too many, or they take too long. */
  async #rare(object: string, sought: Sought): Promise<{ id: Uuid }[] | null> {
    const found = sql`select d.record_id as id from (${await this.#found(object, sought, MAX_RARE + 1)}) d`;
    const rows = await readWithin<{ id: Uuid }>(this.#db.pool, await this.#budgetMs(), found);
    return rows === null || rows.length > MAX_RARE ? null : rows;
  }

  /** The condition on rows of the noun's table, without documents: their text is put together now. */
  unfilledCondition(noun: SearchedNoun, { words, workspaceId, isOwnOnly }: Sought): Sql {
    const { text, own, joins } = textSql(noun, this.#nouns);
    return sql`exists (
      select from ${sql.ref(noun.name)} t ${sql.raw(joins)}
      where t.workspace_id = ${workspaceId} and t.id = ${sql.ref(`${noun.name}.id`)}
        and ${containsSql(sql.raw(`(${isOwnOnly ? own : text})`), words)} offset 0)`;
  }

  async #newest(object: string, sought: Sought, depth = NEWEST): Promise<NewestHits> {
    const rows = await query<Hit & { total: number; first: Uuid; documents: number }>(
      this.#db.pool,
      sql`
      with newest as materialized (
        select record_id, text, updated_at from search_document
        where workspace_id = ${sought.workspaceId} and object_type = ${object}
        order by record_id desc limit ${depth}
      )
      select d.record_id as id, d.updated_at, ${classSql(sought.words)} as class, null as total, null as first, null as documents
      from (select * from newest d where ${textCondition(sought)} order by record_id desc limit ${MAX_NEWEST_HITS}) d
      union all
      select null, null, null, (select count(*) from newest), (select record_id from newest order by record_id limit 1),
             (select reltuples::float8 from pg_class where oid = to_regclass('search_document'))`,
    );
    const { total, first, documents } = rows.at(-1)!;
    const hits = rows.slice(0, -1);
    const isCut = hits.length === MAX_NEWEST_HITS;
    return { hits, isAll: total < depth && !isCut, from: isCut ? hits.at(-1)!.id : first, documents };
  }

  /** The documents with the words: by the index alone, and then those of the workspace. */
  async #found(object: string, sought: Sought, limit: number): Promise<Sql> {
    const { workspaceId } = sought;
    const mine = sql`d.workspace_id = ${workspaceId} and d.object_type = ${object}`;
    if (!(await this.#usesIndex()))
      return sql`select d.* from search_document d where ${mine} and ${textCondition(sought)} limit ${limit}`;
    return sql`
      select d.* from (
        select d.* from search_document d
        where d.text like ${`%${searchToken(workspaceId, object)}%`}
          and ${indexSql(TEXT, sought.words, await this.#countTrigrams(object, sought))} offset 0
      ) d where ${mine} and ${textCondition(sought)} limit ${limit}`;
  }

  /** How many of the newest documents have each trigram of the long words. */
  async #countTrigrams(object: string, { workspaceId, words }: Sought): Promise<Map<string, number>> {
    const trigrams = longTrigrams(words);
    if (trigrams.length === 0) return new Map();
    const rows = await this.#db.read<{ trigram: string; documents: number }>(COUNT_TRIGRAMS, [
      workspaceId,
      object,
      trigrams,
    ]);
    return new Map(rows.map(({ trigram, documents }) => [trigram, documents]));
  }

  async #budgetMs(): Promise<number> {
    return (await this.#usesIndex()) ? BUDGET_MS : SCAN_BUDGET_MS;
  }

  #usesIndex(): Promise<boolean> {
    this.#isIndexed ??= this.#db
      .read<{ is_indexed: boolean }>(
        {
          name: 'search.is-indexed',
          text: `select to_regclass('search_document_text') is not null as is_indexed`,
        },
        [],
      )
      .then(
        ([row]) => row!.is_indexed,
        (error: unknown) => {
          this.#isIndexed = undefined;
          throw error;
        },
      );
    return this.#isIndexed;
  }
}

function idsOf(hits: readonly { id: Uuid }[]): Uuid[] {
  return hits.map(({ id }) => id);
}

const COUNT_TRIGRAMS = {
  name: 'search.count-trigrams',
  text: `
select t.trigram, count(*) filter (where strpos(d.text, t.trigram) > 0) as documents
from unnest($3::text[]) as t(trigram)
left join (
  select text from search_document where workspace_id = $1 and object_type = $2
  order by record_id desc limit ${SAMPLE}
) d on true
group by t.trigram`,
};

const TEXT = sql`d.text`;
const OWN_TEXT = sql.raw(ownText('d.text'));

/** The condition on documents `d`. */
function textCondition({ words, isOwnOnly }: Sought): Sql {
  const found = containsSql(TEXT, words);
  return isOwnOnly ? sql`${found} and ${containsSql(OWN_TEXT, words)}` : found;
}

/** Whole words of the record itself, then beginnings of words, then any part, then names of other records. */
function classSql(words: SearchWords): Sql {
  return sql`case
    when ${containsSql(OWN_TEXT, words, 'word')} then 1
    when ${containsSql(OWN_TEXT, words, 'start')} then 2
    when ${containsSql(OWN_TEXT, words)} then 3
    else 4 end`;
}

const EXACT_KINDS = new Set(['email', 'phone', 'number']);

/** The records whose address, telephone number or number is the search, by their filters' indexes. */
export async function exactHits(
  db: Database,
  nouns: readonly Noun[],
  workspaceId: Uuid,
  wanted: string,
): Promise<Map<string, Hit[]>> {
  const fields = nouns.flatMap((noun) =>
    noun.searched.flatMap((column) => {
      const { kind, filter } = noun.fields[column]!;
      if (!filter || !EXACT_KINDS.has(kind) || !mayEqual(kind, wanted)) return [];
      if (filter.schema && !filter.schema.safeParse(wanted).success) return [];
      return [{ object: noun.name, filter: { column, ...filter } }];
    }),
  );
  const probes = await Promise.all(
    fields.map(async ({ object, filter }) => {
      const conditions = await filterConditions(db, { filters: { q: filter } }, workspaceId, { q: wanted });
      return sql`(select ${object} as object, id, updated_at, ${EXACT}::int as class from ${sql.ref(object)}
                  where workspace_id = ${workspaceId} and deleted_at is null and ${sql.join(conditions, sql` and `)}
                  limit 20)`;
    }),
  );
  const found = new Map<string, Hit[]>();
  if (probes.length === 0) return found;
  const rows = await query<Hit & { object: string }>(db.pool, sql.join(probes, sql` union all `));
  for (const { object, ...hit } of rows) found.set(object, [...(found.get(object) ?? []), hit]);
  return found;
}

function mayEqual(kind: string, wanted: string): boolean {
  if (kind === 'email') return wanted.includes('@') && !isUuid(wanted);
  if (kind === 'phone') return isPhone(wanted);
  return /^\d+$/.test(wanted);
}
