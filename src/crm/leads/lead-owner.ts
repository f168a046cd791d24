/**
 * Assigns the number within the workspace and, to leads without an owner, the member whose turn it is, by the rule of the
 * source, else the general rule. Both go into the record and so into its event. Members who left are skipped.
 * @param columns names of the gate's own columns, which later tables need
 */
export function assignNumberAndOwner(columns: string): string {
  return `
numbered as (
  select a.*, h.number + row_number() over (partition by a.workspace_id order by a.n) as number,
         h.assignment, h.turns, a.record->>'owner_id' is not null as is_owned,
         case when h.assignment is null then null
              when h.assignment ? a.origin then a.origin
              when h.assignment ? '' then '' end as found
  from admitted a join hours h using (workspace_id)
),
ruled as (
  select b.*, case when not is_owned then found end as rule from numbered b
),
turning as (
  select b.*, case when rule is null then null
    else coalesce((turns->>rule)::bigint, 0) + row_number() over (partition by workspace_id, rule order by n) - 1 end as turn
  from ruled b
),
input as (
  select n, unit, workspace_id, id, actor, at, ${columns}, rule,
         (left(record::text, -1) || ',"number":' || number
          || case when is_owned then '}'
                  else ',"owner_id":' || coalesce('"' || ${whoseTurn()} || '"', 'null') || '}' end)::json as record
  from turning
)`;
}

/** The member of the rule whose turn it is, or null. */
function whoseTurn(): string {
  return `case when rule is not null then (
    select p.ids[1 + t.turn % cardinality(p.ids)]::text
    from (select turning.turn) t cross join (
      select array_agg(m.user_id order by r.place) as ids
      from jsonb_array_elements_text(assignment->rule) with ordinality r(id, place)
      join member m on m.workspace_id = turning.workspace_id and m.user_id = r.id::uuid
    ) p where cardinality(p.ids) > 0) end`;
}
