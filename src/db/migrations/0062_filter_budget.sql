-- What webhook filters cost is bounded (decisions/0016): how many conditions there are in a workspace, and how much of a
-- record each looks at. An event is delivered where a filter would have had to look further, and says so.

alter table endpoint
  -- The field of each `contains` that looks for a text, how many values the filter compares in all, and how long its
  -- path is.
  add column filter_texts text[] not null default '{}',
  add column filter_values integer not null default 0,
  add column filter_bytes integer not null default 0;

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
    where jsonb_typeof(node) = 'object' and node ?| array['field', 'tag', 'pipeline']),
  filter_bytes = octet_length(filter_path::text)
where filter is not null;

create index endpoint_filtered on endpoint (workspace_id) where filter_path is not null and state = 'active';

-- By webhook, the fields of which its filter could not look at all. Null for nearly every event.
alter table event add column filter_skipped json;

-- What filters look at of a record, and what was left out: `notes` of a text, `tags[]` of a list.
create type filter_look as (record jsonb, cuts text[]);

-- The first 10,000 characters of every text and of every list, a list's counted as JSON, and its first 200 elements,
-- those of lists in them included. A list has a comma between two elements: without 200 commas, none is long.
create function filter_cut(given jsonb, place text) returns filter_look language plpgsql immutable parallel safe as $$
declare
  look filter_look := (given, null);
  part filter_look;
  kept jsonb[] := '{}';
  written text := given::text;
  room integer := 10000;
  elements integer := 200;
  name text;
  one jsonb;
begin
  if length(written) <= 10000 and length(written) - length(replace(written, ',', '')) < 200 then
    return look;
  end if;
  if jsonb_typeof(given) = 'string' then
    look.record := to_jsonb(left(given #>> '{}', 10000));
    if look.record <> given then
      look.cuts := array[place];
    end if;
  elsif jsonb_typeof(given) = 'array' then
    for one in select value from jsonb_array_elements(given) loop
      room := room - length(one::text) - 1;
      elements := elements - 1 - filter_elements(one);
      if (room < 0 or elements < 0) and cardinality(kept) > 0 then
        look.cuts := look.cuts || (place || '[]');
        exit;
      end if;
      part := filter_cut(one, place);
      kept := kept || part.record;
      look.cuts := look.cuts || part.cuts;
    end loop;
    look.record := to_jsonb(kept);
  elsif jsonb_typeof(given) = 'object' then
    for name, one in select key, value from jsonb_each(given) where length(value::text) > 400 loop
      part := filter_cut(one, case place when '' then name else place || '.' || name end);
      if part.cuts is not null then
        look.record := jsonb_set(look.record, array[name], part.record);
        look.cuts := look.cuts || part.cuts;
      end if;
    end loop;
  end if;
  return look;
end $$;

-- How many elements the lists in a value have.
create function filter_elements(given jsonb) returns integer language sql immutable parallel safe as $$
  select case when jsonb_typeof(given) in ('array', 'object') then (
    select coalesce(sum(jsonb_array_length(list)), 0)::integer
    from jsonb_path_query(given, 'strict $.** ? (@.type() == "array")') list
  ) else 0 end
$$;

-- Of what was left out, the fields that a filter looks at; null where it looks at none of it.
create function filter_skipped(cuts text[], fields text[], texts text[]) returns text
language sql immutable parallel safe as $$
  select string_agg(distinct field, ', ')
  from unnest(cuts) cut
  join unnest(fields || texts) field
    on (cut = field and field = any(texts))
    or (right(cut, 2) = '[]' and (field = left(cut, -2) or starts_with(field, left(cut, -2) || '.')))
$$;
