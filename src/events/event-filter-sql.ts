import { FILTER_ELEMENTS, FILTER_LOOKS_AT } from './event-filter.ts';

/**
 * The part of a record that filters check, as `filter_look`; SQL for the record as json and for its length in bytes.
 * A list has a comma between two elements: with few commas, no list is long.
 */
export function filterLook(record: string, bytes: string): string {
  const commas = `${bytes} - octet_length(replace(${record}::text, ',', ''))`;
  return `case when ${bytes} > ${FILTER_LOOKS_AT} or (${bytes} > ${2 * FILTER_ELEMENTS} and ${commas} >= ${FILTER_ELEMENTS})
               then filter_cut(${record}::jsonb, '') else row(${record}::jsonb, null)::filter_look end`;
}

/** Whether the filter of the webhook `p` is true of a record; null if it has none. Evaluate it once (`offset 0`). */
export function filterPasses(look: string): string {
  return `case when p.filter_path is not null then ((${look}).record @@ p.filter_path) is true end`;
}

/**
 * The fields that the filter of the webhook `p` could not check completely, so that it rejects nothing; null if it
 * decides. Only events with long texts or lists pay for it. A value that must be absent may follow later in the text:
 * with a `not`, a filter that accepts the event is not certain either.
 * @param passes SQL of the result of `filterPasses`
 */
export function filterSkipped(look: string, passes: string): string {
  return `case when (${look}).cuts is not null and (${passes} is false or p.filter_path::text like '%!(%')
    then filter_skipped((${look}).cuts, string_to_array(p.filter_on, ', '), p.filter_texts) end`;
}
