import { invalid } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import {
  MAX_FILTER_BYTES,
  MAX_FILTER_TEXTS,
  MAX_FILTER_VALUES,
  MAX_FILTERS_BYTES,
  type Filter,
} from './event-filter.ts';
import { query, type Transaction } from '../db/query.ts';

interface FilterCost {
  id: Uuid;
  filter_texts: string[];
  filter_values: number;
  filter_bytes: number;
}

const FILTERS = {
  name: 'endpoint.filters',
  text: `select id, filter_texts, filter_values, filter_bytes from endpoint
         where workspace_id = $1 and state <> 'deleted' and filter_path is not null`,
};

/**
 * Checks that a filter fits in the budget with those of the workspace's other webhooks. A filter that costs no more
 * than the one it replaces always fits, since older versions allowed more. The workspace's row must be locked.
 * @param id the webhook of the filter, null for a new one
 * @throws `validation_error` that names `filter`
 */
export async function checkFilterRoom(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid | null,
  filter: Filter,
): Promise<void> {
  const rows = await query<FilterCost>(trx, FILTERS, [workspaceId]);
  const others = rows.filter((row) => row.id !== id);
  const replaced = rows.find((row) => row.id === id);
  const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0);
  const check = (what: string, max: number, wanted: number, before: number, elsewhere: number) => {
    if (wanted <= before || wanted + elsewhere <= max) return;
    const counted = `${elsewhere} are in use by other webhooks, and this filter has ${wanted}`;
    throw invalid('filter', `the filters of a workspace may have ${max} ${what} in all: ${counted}`);
  };
  check(
    '`contains` and `tag` conditions',
    MAX_FILTER_TEXTS,
    filter.texts.length,
    replaced?.filter_texts.length ?? 0,
    sum(others.map((row) => row.filter_texts.length)),
  );
  check(
    'values to compare',
    MAX_FILTER_VALUES,
    filter.values,
    replaced?.filter_values ?? 0,
    sum(others.map((row) => row.filter_values)),
  );
  const before = replaced?.filter_bytes ?? 0;
  if (filter.bytes > MAX_FILTER_BYTES && filter.bytes > before)
    throw invalid(
      'filter',
      `its conditions may have ${MAX_FILTER_BYTES} bytes as they are stored; they have ${filter.bytes}`,
    );
  const stored = sum(others.map((row) => row.filter_bytes));
  check('bytes as they are stored', MAX_FILTERS_BYTES, filter.bytes, before, stored);
}
