-- Search documents: one row for each record, with the text that search reads. A follower of the event feed writes them
-- after the records were committed (record/search/search-follower.ts, decisions/0035): an index in the writing statement
-- costs three quarters of its rate.

-- Text as it is searched: folded, with a blank before each word. Chinese, Japanese and Korean characters are words of
-- their own, so that one or two of them can be found. The program has the same function in base/fold.ts.
create function search_text(input text) returns text language plpgsql immutable parallel safe as $$
declare
  folded text := input;
begin
  if octet_length(input) <> length(input) then folded := folded_text(input); end if;
  -- Most names in Latin letters have no other characters left; regular expressions would cost ten times as much.
  if octet_length(folded) = length(folded) then
    return ' ' || translate(lower(folded), E'`\n\r\t\x0b\f', '''     ');
  end if;
  return regexp_replace(
    regexp_replace(' ' || folded,
      '[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]',
      ' \& ', 'g'),
    '\s+', ' ', 'g');
end $$;

create table search_document (
  workspace_id uuid not null,
  object_type text not null,
  record_id uuid not null,
  -- A token of workspace and object in capital letters, the record's own words, \x1f, and the names of records that it
  -- references. Words are in lower case, so no word of a search matches the token.
  text text not null,
  updated_at timestamptz(3) not null,
  -- Compared to know whether records that reference this one have to be indexed again.
  title_hash bigint not null,
  primary key (workspace_id, object_type, record_id)
) with (fillfactor = 90);

-- The last event of each workspace whose change is in the documents.
create table search_position (
  workspace_id uuid primary key,
  seq bigint not null
) with (fillfactor = 50);

-- The form of the documents of each object; where the program's is another one, they are made again.
create table search_form (
  object_type text primary key,
  form text not null
);

-- Records to be indexed that no event names: one record; those whose `ref_field` references `ref_id`; or, with neither,
-- all records of the object.
create table search_pending (
  id bigint generated always as identity primary key,
  workspace_id uuid not null,
  object_type text not null,
  record_id uuid,
  ref_field text,
  ref_id uuid,
  -- Those up to this one are done.
  after_id uuid,
  -- The documents are made for the first time: until then, search reads the records themselves.
  is_first boolean not null default false
);
create index search_pending_workspace on search_pending (workspace_id);

-- Without pg_trgm, search reads all documents of the workspace.
do $$ begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    create index search_document_text on search_document using gin (text gin_trgm_ops);
  end if;
end $$;
