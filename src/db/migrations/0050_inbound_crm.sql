-- What another CRM reports about leads, and the secrets that it reports with.

create table inbound_secret (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  -- The part that stays visible, by which it is found.
  prefix text not null,
  salt bytea not null,
  hash bytea not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
create index inbound_secret_prefix on inbound_secret (prefix);

-- json, not jsonb: what came is kept to the letter.
create table crm_activity (
  workspace_id uuid not null,
  id uuid not null,
  -- Null: no lead was known by that crm_lead_id.
  lead_id uuid,
  crm_lead_id text not null,
  event_type text not null,
  payload json not null,
  -- SHA-256 of the body, by which one that is sent again is recognised.
  body_hash bytea not null,
  received_at timestamptz(3) not null,
  -- Who matched it by hand.
  matched_by text,
  primary key (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id)
);
create index crm_activity_lead on crm_activity (workspace_id, lead_id, id) where lead_id is not null;
create index crm_activity_unmatched on crm_activity (workspace_id, id) where lead_id is null;
create index crm_activity_body on crm_activity (workspace_id, body_hash, received_at);
