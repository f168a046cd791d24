import { unavailable } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { readWithin } from '../../db/bounded-read.ts';
import { decodeCursor, encodeCursor, pageOf, type Page } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { sql, type Sql } from '../../db/sql.ts';
import { matchingFilters, type FilterQuery } from '../../record/list-filter.ts';
import type { Noun } from '../../record/noun.ts';
import { namedRecordSql } from '../../record/record-name.ts';
import type { RecordSearch } from '../../record/search/record-search.ts';
import type { Searcher } from '../../record/search/search-freshness.ts';
import { company } from '../companies/company.ts';
import { contact } from '../contacts/contact.ts';
import { deal, type Deal } from './deal.ts';

export interface BoardParts {
  db: Database;
  search: RecordSearch;
}

/** The fields of a deal on a card. */
export const CARD_FIELDS = [
  'id',
  'version',
  'name',
  'value',
  'currency',
  'status',
  'pipeline_id',
  'stage_id',
  'expected_close_date',
  'owner_id',
  'tags',
  'updated_at',
] as const;

interface NamedRecord {
  id: Uuid;
  name: string | null;
}

/** A deal with the names of its contact and its company. */
export type DealCard = Pick<Deal, (typeof CARD_FIELDS)[number]> & {
  contact: NamedRecord | null;
  company: NamedRecord | null;
};

/** How long a reading of the board may take, in milliseconds. */
const MAX_READ_MS = 4_000;

const SORT = '-updated_at';

/** One page of deals as cards, last updated first, by keyset. */
export async function dealCards(
  parts: BoardParts,
  { searcher, query, url }: { searcher: Searcher; query: CardQuery; url: string },
): Promise<Page<DealCard> & { search_behind?: boolean }> {
  const { where, isBehind } = await matchingFilters(parts, deal as unknown as Noun, searcher, query);
  const { workspaceId } = searcher;
  const named = { workspaceId, mayRead: ({ plural }: { plural: string }) => searcher.may(`${plural}:read`) };
  const rows = await read<DealCard>(
    parts.db,
    sql`select ${sql.join(CARD_FIELDS.map((name) => sql.ref(`d.${name}`)))},
               ${namedRecordSql(contact, 'd.contact_id', named)} as contact,
               ${namedRecordSql(company, 'd.company_id', named)} as company
        from (select * from deal where ${where} ${position(query.cursor)}
              order by updated_at desc, id desc limit ${sql.raw(String(query.limit + 1))}) d
        order by d.updated_at desc, d.id desc`,
  );
  const page = pageOf(
    rows,
    query.limit,
    url,
    (row) => encodeCursor({ sort: SORT, value: row.updated_at, id: row.id }),
    (row) => row,
  );
  return { ...page, ...(isBehind && { search_behind: true }) };
}

export type CardQuery = FilterQuery & { limit: number; cursor?: string | undefined };

function position(cursor: string | undefined): Sql {
  if (cursor === undefined) return sql``;
  const { value, id } = decodeCursor(cursor, SORT);
  return sql`and (updated_at, id) < (${value}::timestamptz, ${id}::uuid)`;
}

/**
 * The number of deals and their values by stage and currency, as the JSON text of a list: sums keep every digit.
 * Stages without deals are left out.
 */
export async function dealTotals(
  parts: BoardParts,
  searcher: Searcher,
  query: FilterQuery,
): Promise<{ text: string; isBehind: boolean }> {
  const { where, isBehind } = await matchingFilters(parts, deal as unknown as Noun, searcher, query);
  const [row] = await read<{ text: string }>(
    parts.db,
    sql`select coalesce(json_agg(json_build_object(
                 'stage_id', t.stage_id, 'count', t.count, 'values', t.values)), '[]')::text as text
        from (
          select c.stage_id, sum(c.count)::bigint as count,
                 coalesce(json_agg(json_build_object(
                   'currency', c.currency,
                   'value', trim_scale(c.value),
                   'weighted_value', trim_scale(round(c.value * s.probability / 100, 4)))
                   order by c.currency) filter (where c.value is not null), '[]') as values
          from (select stage_id, currency, count(*) as count, sum(value) as value
                from deal where ${where} group by stage_id, currency) c
          join stage s on s.workspace_id = ${searcher.workspaceId} and s.id = c.stage_id
          group by c.stage_id, s.position order by s.position
        ) t`,
  );
  return { text: row!.text, isBehind };
}

const LOST_REASONS = {
  name: 'deal.lost-reasons',
  text: `select mode() within group (order by reason) as reason, count(*)::int as count
         from (select btrim(lost_reason) as reason from deal
               where workspace_id = $1 and status = 'lost' and deleted_at is null
               order by closed_at desc limit 1000) l
         where reason <> '' group by caseless_text(reason) order by count desc, reason limit 20`,
};

/** The reasons of the last 1,000 lost deals, most frequent first, at most 20. Spellings that differ by case are one. */
export function lostReasons(db: Database, workspaceId: Uuid): Promise<{ reason: string; count: number }[]> {
  return db.read(LOST_REASONS, [workspaceId]);
}

async function read<Row>(db: Database, built: Sql): Promise<Row[]> {
  const rows = await readWithin<Row>(db.pool, MAX_READ_MS, built);
  if (rows === null) throw unavailable('There are too many deals to read; filter them.', 10);
  return rows;
}
