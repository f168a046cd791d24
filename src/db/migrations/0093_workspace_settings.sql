-- Settings of a workspace (account/workspace-settings.ts): how its money, telephone numbers, times and numbers are read.
alter table workspace add column currency text not null default 'USD';
-- ISO 3166-1 alpha-2; telephone numbers without a country code are of this country.
alter table workspace add column default_country text;
alter table workspace add column time_zone text not null default 'UTC';
-- A BCP 47 language tag: how numbers and dates are written.
alter table workspace add column locale text not null default 'en-US';

-- Every slug that a workspace has or had, so that URLs with a former one still lead to it.
create table workspace_slug (
  slug text primary key,
  workspace_id uuid not null references workspace (id) on delete cascade deferrable initially deferred,
  created_at timestamptz(3) not null default now()
);
create index workspace_slug_workspace on workspace_slug (workspace_id);

-- Takes a free slug, made from the name of the workspace: `acme-ltd`, `acme-ltd-2`, …
create function take_workspace_slug(id uuid, name text) returns text language plpgsql as $$
declare
  base text := trim(both '-' from left(regexp_replace(folded_text(name) collate "C", '[^a-z0-9]+', '-', 'g'), 40));
  taken text;
begin
  if length(base) < 2 or base in ('manage', 'assets') then base := 'workspace'; end if;
  for n in 1 .. 1000000 loop
    insert into workspace_slug (slug, workspace_id)
    values (case n when 1 then base else base || '-' || n end, id)
    on conflict do nothing returning slug into taken;
    if taken is not null then return taken; end if;
  end loop;
  raise exception 'no free slug for %', base;
end $$;

alter table workspace add column slug text;
do $$
declare
  item record;
begin
  for item in select id, name from workspace order by id loop
    update workspace set slug = take_workspace_slug(item.id, item.name) where id = item.id;
  end loop;
end $$;
alter table workspace alter column slug set not null;
alter table workspace add constraint workspace_current_slug unique (slug);
