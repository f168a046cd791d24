-- Indexes over text as it is compared from now on, in place of those over lower-case text. An older version finds the
-- same without them, slowly. Measured: 96,000 leads with names of many scripts took 7 s on two shared cores, nearly all of
-- it their search index, so a million take a little more than a minute; tables are locked for writing meanwhile.

drop index lead_search;
create index lead_search_folded on lead
  using gin (lead_search_text(first_name, last_name, email, phone, notes) gin_trgm_ops);
drop index lead_tags;
create index lead_tags_caseless on lead using gin (caseless_tags(tags)) where tags <> '{}';
drop index lead_phone;
create index lead_phone_digits on lead (workspace_id, phone_digits(phone), id) where phone is not null;

drop index company_name;
create index company_name_folded on company (workspace_id, folded_text(name), id);
drop index deal_name;
create index deal_name_folded on deal (workspace_id, folded_text(name), id);
create index contact_phone_digits on contact (workspace_id, phone_digits(phone), id) where phone is not null;

-- What the program compares lead sources, event types and statuses by. Where a workspace has two that are one from now
-- on, such as O'Neill with two kinds of apostrophe, the older is the one that is found; the other one stays as it is.
update lead_source t set folded = n.folded from (
  select workspace_id, id, folded_text(folded) as folded,
         row_number() over (partition by workspace_id, folded_text(folded) order by folded <> folded_text(folded), id) as nth
  from lead_source
) n where n.workspace_id = t.workspace_id and n.id = t.id and n.nth = 1 and n.folded <> t.folded;
update lead_event_type t set folded = n.folded from (
  select workspace_id, id, folded_text(folded) as folded,
         row_number() over (partition by workspace_id, folded_text(folded) order by folded <> folded_text(folded), id) as nth
  from lead_event_type
) n where n.workspace_id = t.workspace_id and n.id = t.id and n.nth = 1 and n.folded <> t.folded;
update lead_status t set folded = n.folded from (
  select workspace_id, id, folded_text(folded) as folded,
         row_number() over (partition by workspace_id, folded_text(folded) order by folded <> folded_text(folded), id) as nth
  from lead_status
) n where n.workspace_id = t.workspace_id and n.id = t.id and n.nth = 1 and n.folded <> t.folded;

-- Rules of assignment, and whose turn it is, by source.
update lead_counter set
  assignment = (select jsonb_object_agg(folded_text(key), value) from jsonb_each(assignment)),
  turns = (select coalesce(jsonb_object_agg(folded_text(key), value), '{}') from jsonb_each(turns))
where assignment is not null
  and exists (select from jsonb_object_keys(assignment) as key where key <> folded_text(key));
