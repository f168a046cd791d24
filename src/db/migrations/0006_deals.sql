-- Pipelines with their ordered stages, and the deals that move through them.

create table pipeline (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null default 1,
  name text not null,
  is_default boolean not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
create unique index pipeline_default on pipeline (workspace_id) where is_default;

create table stage (
  workspace_id uuid not null,
  id uuid not null,
  pipeline_id uuid not null,
  name text not null,
  position integer not null,
  primary key (workspace_id, id),
  unique (workspace_id, pipeline_id, id),
  foreign key (workspace_id, pipeline_id) references pipeline (workspace_id, id)
);

-- A deal's stage is one of its pipeline's.
create table deal (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text not null,
  value numeric(16, 4),
  currency text not null,
  status text not null check (status in ('open', 'won', 'lost')),
  pipeline_id uuid not null,
  stage_id uuid not null,
  expected_close_date date,
  closed_at timestamptz(3),
  lost_reason text,
  notes text,
  contact_id uuid,
  company_id uuid,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, pipeline_id, stage_id) references stage (workspace_id, pipeline_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id)
);
create index deal_updated on deal (workspace_id, updated_at, id);
create index deal_name on deal (workspace_id, lower(name));
create index deal_stage on deal (workspace_id, pipeline_id, stage_id);
create index deal_contact on deal (workspace_id, contact_id) where contact_id is not null;
create index deal_company on deal (workspace_id, company_id) where company_id is not null;

alter table task add column deal_id uuid,
  add foreign key (workspace_id, deal_id) references deal (workspace_id, id);
create index task_deal on task (workspace_id, deal_id) where deal_id is not null;
