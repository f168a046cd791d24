-- What became of a lead: its tags, when somebody first took it up, what it was converted to, its own statuses.

alter table lead
  add column tags text[] not null default '{}',
  -- How often it arrived.
  add column submissions integer not null default 1,
  add column first_contacted_at timestamptz(3),
  add column contact_id uuid,
  add column company_id uuid,
  add column deal_id uuid,
  add column converted_at timestamptz(3),
  drop constraint lead_status_check;

update lead l set first_contacted_at = a.at
from (
  select workspace_id, record_id, min(occurred_at) as at from activity
  where type = 'lead.updated' and (changed::jsonb ? 'status' or actor like 'user:%')
  group by workspace_id, record_id
) a
where a.workspace_id = l.workspace_id and a.record_id = l.id;

-- Tags as they are compared. Immutable, unlike the cast of an array to text, so that an index can hold it.
create function folded_tags(tags text[]) returns text[] language sql immutable parallel safe
  return (select array_agg(lower(tag)) from unnest(tags) tag);

-- Most leads have no tag: they cost this index nothing.
create index lead_tags on lead using gin (folded_tags(tags)) where tags <> '{}';

-- A filtered list goes by its index in the list's order, however many there are.
create index lead_status_list on lead (workspace_id, status, id);
create index lead_event_type_list on lead (workspace_id, lower(event_type), id) where event_type is not null;
drop index lead_source_name;
create index lead_source_list on lead (workspace_id, lower(source), id) where source is not null;
drop index lead_owner;
create index lead_owner_list on lead (workspace_id, owner_id, id) where owner_id is not null;
create index lead_contact on lead (workspace_id, contact_id, id) where contact_id is not null;
drop index lead_email;
create index lead_email on lead (workspace_id, lower(email), id) where email is not null;

-- The statuses of a workspace's leads, in their order; the five that are always there are made when first asked for.
create table lead_status (
  workspace_id uuid not null,
  id uuid not null,
  -- What leads hold; it stays when the name changes.
  key text not null,
  name text not null,
  folded text not null,
  kind text not null check (kind in ('open', 'won', 'lost')),
  position integer not null,
  is_built_in boolean not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, key),
  unique (workspace_id, folded)
);
