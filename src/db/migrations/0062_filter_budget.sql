-- What webhook filters cost is bounded (decisions/0016): how many conditions there are in a workspace, and how much of a
-- record each looks at. An event is delivered where a filter would have had to look further, and says so.

alter table endpoint
  -- The field of each `contains` that looks for a text, and how many values the filter compares in all.
  add column filter_texts text[] not null default '{}',
  add column filter_values integer not null default 0;

update endpoint set
  filter_texts = array(
    select coalesce(node ->> 'field', 'tags')
    from jsonb_path_query(filter::jsonb, 'strict $.**') node
    where jsonb_typeof(node) = 'object'
      and (node ? 'tag' or (node ->> 'op' = 'contains' and jsonb_typeof(node -> 'value') = 'string'))),
  filter_values = (
    select count(*) + coalesce(sum(jsonb_array_length(node -> 'value') - 1)
                                 filter (where jsonb_typeof(node -> 'value') = 'array'), 0)
    from jsonb_path_query(filter::jsonb, 'strict $.**') node
    where jsonb_typeof(node) = 'object' and node ?| array['field', 'tag', 'pipeline'])
where filter is not null;

create index endpoint_filtered on endpoint (workspace_id) where filter_path is not null and state = 'active';

-- By webhook, the fields of which its filter could not look at all. Null for nearly every event.
alter table event add column filter_skipped json;

-- What filters look at of a record, and what was left out: `notes` of a text, `tags[]` of a list.
create type filter_look as (record jsonb, cuts text[]);

-- The first 10,000 characters of every text and of every list, a list's counted as JSON.
create function filter_cut(given jsonb, place text) returns filter_look language plpgsql immutable parallel safe as $$
declare
  look filter_look := (given, null);
  part filter_look;
  kept jsonb[] := '{}';
  room integer := 10000;
  name text;
  one jsonb;
begin
  if length(given::text) <= 10000 then
    return look;
  end if;
  if jsonb_typeof(given) = 'string' then
    look.record := to_jsonb(left(given #>> '{}', 10000));
    if look.record <> given then
      look.cuts := array[place];
    end if;
  elsif jsonb_typeof(given) = 'array' then
    for one in select value from jsonb_array_elements(given) loop
      room := room - length(one::text);
      if room < 0 and cardinality(kept) > 0 then
        look.cuts := look.cuts || (place || '[]');
        exit;
      end if;
      part := filter_cut(one, place);
      kept := kept || part.record;
      look.cuts := look.cuts || part.cuts;
    end loop;
    look.record := to_jsonb(kept);
  elsif jsonb_typeof(given) = 'object' then
    for name, one in select key, value from jsonb_each(given) where length(value::text) > 10000 loop
      part := filter_cut(one, case place when '' then name else place || '.' || name end);
      look.record := jsonb_set(look.record, array[name], part.record);
      look.cuts := look.cuts || part.cuts;
    end loop;
  end if;
  return look;
end $$;

-- The fields of which a filter had to look at more than it may: null where what it saw decides.
create function filter_skipped(look filter_look, path jsonpath, fields text[], texts text[]) returns text
language sql immutable parallel safe as $$
  select string_agg(distinct field, ', ')
  from unnest(look.cuts) cut
  join unnest(fields || texts) field
    on (cut = field and field = any(texts))
    or (right(cut, 2) = '[]' and (field = left(cut, -2) or starts_with(field, left(cut, -2) || '.')))
  -- What is not to be there may be further on: then its being let through is no certainty either.
  where look.record @@ path is not true or path::text like '%!%'
$$;
