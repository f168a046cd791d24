-- Companies: the second kind of record.

create table company (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text not null,
  website text,
  industry text,
  email text,
  phone text,
  address text,
  notes text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id)
);
create index company_updated on company (workspace_id, updated_at, id);
create index company_name on company (workspace_id, lower(name));
create index company_website on company (workspace_id, lower(website)) where website is not null;
