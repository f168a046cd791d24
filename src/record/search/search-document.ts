import type { Uuid } from '../../base/id.ts';
import { query, type Statement, type Transaction } from '../../db/query.ts';
import { referencesTo, searchToken, textSql, type SearchedNoun } from './search-text.ts';

/** A record whose document is to be made. */
export interface RecordKey {
  workspaceId: Uuid;
  id: Uuid;
  /** Whether records that reference it are indexed again where its title has changed. */
  fansOut: boolean;
}

/** Makes documents from the tables, so that it can be repeated, in any order. */
export interface SearchDocuments {
  nouns: readonly SearchedNoun[];
  /** Makes the documents of these records of an object. One caller at a time: see search-follower.ts. */
  make(trx: Transaction, object: string, keys: readonly RecordKey[]): Promise<void>;
}

export function makeSearchDocuments(all: readonly SearchedNoun[]): SearchDocuments {
  const nouns = all.filter(({ searched }) => searched.length > 0);
  const statements = new Map(nouns.map((noun) => [noun.name, makeStatement(noun, nouns)]));
  return {
    nouns,
    async make(trx, object, keys) {
      const statement = statements.get(object);
      if (!statement || keys.length === 0) return;
      await query(trx, statement, [
        keys.map(({ workspaceId }) => workspaceId),
        keys.map(({ id }) => id),
        keys.map(({ workspaceId }) => searchToken(workspaceId, object)),
        keys.map(({ fansOut }) => fansOut),
      ]);
    },
  };
}

/**
 * `$1` workspaces, `$2` ids, `$3` tokens, `$4` whether it fans out. An erased or merged record has no document; one that is
 * only deleted keeps it, for lists that include it.
 */
function makeStatement(noun: SearchedNoun, nouns: readonly SearchedNoun[]): Statement {
  const { text, title, joins } = textSql(noun, nouns);
  const referencing = referencesTo(noun.name, nouns);
  const object = `'${noun.name}'`;
  const isCurrent = noun.mergeRules ? ' and t.merged_into is null' : '';
  // Only where there are such records: each row takes a step of its own.
  const references = referencing.map(
    ({ object: other, field }) => `
  select b.workspace_id, '${other}', '${field}', b.id from retitled b
  where exists (select from ${other} t where t.workspace_id = b.workspace_id and t.${field} = b.id)`,
  );
  const fanOut = `,
retitled as materialized (
  select b.workspace_id, b.id from built b
  left join search_document d
    on d.workspace_id = b.workspace_id and d.object_type = ${object} and d.record_id = b.id
  where b.fans_out and b.title_hash is distinct from d.title_hash
),
fanned as (
  insert into search_pending (workspace_id, object_type, ref_field, ref_id)${references.join('\n  union all')}
)`;
  return {
    name: `${noun.name}.search-documents`,
    text: `
with built as materialized (
  select k.workspace_id, k.id, k.fans_out, t.updated_at, t.expunged_at is null and t.id is not null${isCurrent} as is_kept,
         k.token || ${text} as text, hashtextextended(coalesce(${title}, ''), 0) as title_hash
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[]) as k(workspace_id, id, token, fans_out)
  left join ${noun.name} t on t.workspace_id = k.workspace_id and t.id = k.id
  ${joins}
),
removed as (
  delete from search_document d using built b
  where not b.is_kept and d.workspace_id = b.workspace_id and d.object_type = ${object} and d.record_id = b.id
)${referencing.length > 0 ? fanOut : ''}
insert into search_document as d (workspace_id, object_type, record_id, text, updated_at, title_hash)
select workspace_id, ${object}, id, text, updated_at, title_hash from built where is_kept
on conflict (workspace_id, object_type, record_id) do update
set text = excluded.text, updated_at = excluded.updated_at, title_hash = excluded.title_hash
where (d.text, d.updated_at, d.title_hash)
  is distinct from (excluded.text, excluded.updated_at, excluded.title_hash)`,
  };
}
