-- Connections: accounts of other systems, and the log of what they sent. See connections/ and docs/connections.md.

create table connection (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null,
  name text not null,
  settings json not null,
  -- Sealed JSON: the values by their names.
  secrets bytea not null,
  -- The secrets before the last rotation, also accepted until then.
  old_secrets bytea,
  old_secrets_until timestamptz(3),
  active boolean not null default true,
  -- The last request was refused.
  failing boolean not null default false,
  -- Of the last verified request.
  last_event_at timestamptz(3),
  last_error text,
  last_error_at timestamptz(3),
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
-- The URL of an inbound request contains the id alone.
create unique index connection_id on connection (id);

create table connection_event (
  workspace_id uuid not null,
  connection_id uuid not null,
  id uuid not null,
  outcome text not null check (outcome in ('accepted', 'ignored', 'duplicate', 'refused')),
  -- What the sender calls it, as `form_response`.
  type text,
  external_id text,
  reason text,
  -- Exactly as sent, but for the secrets of the connection. Null for unverified requests.
  payload json,
  -- Exactly as sent, sealed; only if it contains a secret.
  sealed_payload bytea,
  -- Of the body, in bytes.
  size integer,
  record_type text,
  record_id uuid,
  received_at timestamptz(3) not null,
  -- More than one only for unverified requests: those of an hour share a row.
  count integer not null default 1,
  last_received_at timestamptz(3) not null,
  hour timestamptz(3),
  primary key (workspace_id, connection_id, id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index connection_event_outcome on connection_event (workspace_id, connection_id, outcome, id);
create index connection_event_record on connection_event (workspace_id, record_id) where record_id is not null;
create index connection_event_payload on connection_event (workspace_id)
  where payload is not null and record_id is null;
create index connection_event_age on connection_event (id);
create unique index connection_event_hour on connection_event (workspace_id, connection_id, hour, reason)
  where hour is not null;

-- The newest unverified requests of a connection, by the entry that counts them.
create table connection_unverified_request (
  workspace_id uuid not null,
  connection_id uuid not null,
  id uuid not null,
  event_id uuid not null,
  received_at timestamptz(3) not null,
  payload json not null,
  sealed_payload bytea,
  size integer not null,
  primary key (workspace_id, connection_id, id),
  foreign key (workspace_id, connection_id, event_id)
    references connection_event (workspace_id, connection_id, id) on delete cascade
);
create index connection_unverified_request_event
  on connection_unverified_request (workspace_id, connection_id, event_id, id);
