import { FILTER_LOOKS_AT } from './filter.ts';

/** What filters look at of a record, as `filter_look`; SQL for the record as json and for its length in bytes. */
export function filterLook(record: string, bytes: string): string {
  return `case when ${bytes} > ${FILTER_LOOKS_AT} then filter_cut(${record}::jsonb, '')
               else row(${record}::jsonb, null)::filter_look end`;
}

/**
 * The fields for which the filter of the webhook `p` could not look at all there is, and so keeps nothing out; null
 * where it decides. Only events with long texts or lists pay for it.
 */
export function filterSkipped(look: string): string {
  return `case when (${look}).cuts is not null and p.filter_path is not null
    then filter_skipped(${look}, p.filter_path, string_to_array(p.filter_on, ', '), p.filter_texts) end`;
}

/** Whether the filter of the webhook `p` keeps a record out. */
export function filterKeepsOut(look: string): string {
  return `(p.filter_path is not null and ((${look}).record @@ p.filter_path) is not true
    and ${filterSkipped(look)} is null)`;
}
