-- Event types that a workspace defines for what it tells of itself. See delivery/custom-type.ts.

create table custom_event_type (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null default 1,
  name text not null,
  description text not null,
  -- json, not jsonb: shown in the order in which they were written.
  schema json not null,
  sample json not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
