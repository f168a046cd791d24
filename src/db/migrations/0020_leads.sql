-- Leads, each arrival as it came, and what the other CRM said about them.

create table lead (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  -- Counts within the workspace: what other systems call it by.
  number integer not null,
  first_name text,
  last_name text,
  email text,
  phone text,
  event_date date,
  event_type text,
  source text,
  status text not null check (status in ('new', 'contacted', 'quoted', 'won', 'lost')),
  notes text,
  owner_id uuid,
  crm_lead_id text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id),
  unique (workspace_id, number)
);
create index lead_updated on lead (workspace_id, updated_at, id);
create index lead_email on lead (workspace_id, lower(email)) where email is not null;
create index lead_source_name on lead (workspace_id, lower(source)) where source is not null;
create index lead_owner on lead (workspace_id, owner_id) where owner_id is not null;
create index lead_crm on lead (workspace_id, crm_lead_id) where crm_lead_id is not null;

-- One row a workspace: the last number given, what it allows itself an hour, and the leads of the last hour, slice by
-- slice as in quota. Locked before the leads are written; see crm/leads/lead-intake.ts.
create table lead_counter (
  workspace_id uuid primary key,
  number integer not null default 0,
  -- Null: what the installation says; 0: any number.
  leads_per_hour integer check (leads_per_hour >= 0),
  starts bigint[] not null default '{}',
  taken integer[] not null default '{}'
) with (fillfactor = 20);

-- The words that a workspace has for the source and the event type of its leads; `folded` is the name to compare by.
create table lead_source (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  folded text not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, folded)
);
create table lead_event_type (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  folded text not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, folded)
);

-- json, not jsonb: what came is kept to the letter.
create table lead_submission (
  workspace_id uuid not null,
  id uuid not null,
  lead_id uuid not null,
  channel text not null,
  received_at timestamptz(3) not null,
  payload json not null,
  address text,
  referrer text,
  utm json not null,
  crm_lead_id text,
  primary key (workspace_id, lead_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id)
);
create index lead_submission_crm on lead_submission (workspace_id, crm_lead_id, received_at)
  where crm_lead_id is not null;
