-- Tags on every kind of record, and the list of a workspace's tags. See record/tags/ and decisions/0034.

-- A constant default: no table is rewritten. The indexes hold records with tags alone, so that others pay nothing.
alter table contact add column tags text[] not null default '{}';
alter table company add column tags text[] not null default '{}';
alter table deal add column tags text[] not null default '{}';
alter table task add column tags text[] not null default '{}';
create index contact_tags_caseless on contact using gin (caseless_tags(tags)) where tags <> '{}';
create index company_tags_caseless on company using gin (caseless_tags(tags)) where tags <> '{}';
create index deal_tags_caseless on deal using gin (caseless_tags(tags)) where tags <> '{}';
create index task_tags_caseless on task using gin (caseless_tags(tags)) where tags <> '{}';

create table tag (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  -- The name as it is compared: caseless_text of migration 0068.
  folded text not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, folded)
);

-- What a rename, merge or deletion of a tag still has to change in records. A job empties it.
create table tag_change (
  workspace_id uuid not null,
  id uuid not null,
  -- The tag that records have, as it is compared.
  folded text not null,
  -- The tag that takes its place; null: it is removed.
  tag_id uuid,
  -- Whether each record fires an event.
  fires boolean not null,
  actor text not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id)
);

-- The tags that leads have, in the spelling of the oldest lead.
insert into tag (workspace_id, id, name, folded, created_by, created_at, updated_at)
select distinct on (l.workspace_id, caseless_text(t.name))
  l.workspace_id, gen_random_uuid(), t.name, caseless_text(t.name), l.created_by, l.created_at, l.created_at
from lead l cross join lateral unnest(l.tags) with ordinality as t(name, nth)
where l.tags <> '{}'
order by l.workspace_id, caseless_text(t.name), l.id, t.nth;

-- A change of tags fires events of its own, so webhooks that get a lead's changes are to get them as well. One of the
-- format axcelerate has one type, and gets a change of tags as lead.updated (events/outbox.ts).
update endpoint set events = events || '{lead.tag_added,lead.tag_removed}'
where 'lead.updated' = any(events) and format <> 'axcelerate' and state <> 'deleted';
