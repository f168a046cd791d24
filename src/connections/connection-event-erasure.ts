import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';

const CONTAINS = (payload: string) =>
  `exists (select from unnest($2::text[]) n(needle) where strpos(lower(${payload}::text), lower(n.needle)) > 0)`;

const ERASE_COPIES = {
  name: 'connection_event.erase-copies',
  text: `
update connection_event e set payload = null, sealed_payload = null, size = null, external_id = null
where workspace_id = $1 and payload is not null and record_id is null and (
  ${CONTAINS('e.payload')} or exists (
    select from connection_event own
    where own.workspace_id = $1 and own.record_id = $3
      and own.connection_id = e.connection_id and own.external_id = e.external_id))`,
};

const ERASE_UNVERIFIED = {
  name: 'connection_event.erase-unverified',
  text: `delete from connection_unverified_request r where workspace_id = $1 and ${CONTAINS('r.payload')}`,
};

const ERASE_OWN = {
  name: 'connection_event.erase-own',
  text: `update connection_event
         set external_id = null, reason = null, payload = null, sealed_payload = null, size = null
         where workspace_id = $1 and record_id = $2`,
};

/** Bodies of others contain shorter texts, such as a phone of one digit, by chance. */
const MIN_TEXT = 5;

/**
 * Erases what the log of connections holds of a deleted record: the bodies, ids and reasons of its entries. Requests
 * without a record, such as refused ones, lose their body if it contains one of its texts, or has the id of an
 * accepted one.
 * @param texts such as its email
 */
export async function eraseConnectionEvents(
  trx: Transaction,
  { workspaceId, id }: { workspaceId: Uuid; id: Uuid },
  texts: readonly string[],
): Promise<void> {
  const needles = texts.filter((text) => text.length >= MIN_TEXT).flatMap(inJson);
  await query(trx, ERASE_COPIES, [workspaceId, needles, id]);
  await query(trx, ERASE_UNVERIFIED, [workspaceId, needles]);
  await query(trx, ERASE_OWN, [workspaceId, id]);
}

/** A text as JSON contains it; some systems escape what is not ASCII. */
function inJson(text: string): string[] {
  const written = JSON.stringify(text).slice(1, -1);
  const escaped = written.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [...new Set([written, escaped])];
}
