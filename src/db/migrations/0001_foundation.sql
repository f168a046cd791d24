-- The ground: workspaces, keys, contacts, events, and the delivery engine's tables.
-- Every table but `workspace` and `installation` begins its primary key with workspace_id.
-- No foreign key points at workspace: checking one would lock the same row for every write of a workspace.

create extension if not exists pg_trgm;

create table installation (
  one boolean primary key default true check (one),
  sealed_check bytea not null,
  created_at timestamptz(3) not null default clock_timestamp()
);

create table workspace (
  id uuid primary key,
  name text not null,
  plan text not null,
  is_default boolean not null default false,
  created_at timestamptz(3) not null
);
create unique index workspace_default on workspace (is_default) where is_default;

-- The feed's counter: the row is locked last in a writing statement, so the order of seq is the order of commit.
create table workspace_counter (
  workspace_id uuid primary key,
  event_seq bigint not null default 0
) with (fillfactor = 50);

create table api_key (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  style text not null check (style in ('fairlead', 'axocrm', 'remixcrm')),
  prefix text not null,
  salt bytea not null,
  hash bytea not null,
  scopes text[] not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  primary key (workspace_id, id)
);
create index api_key_prefix on api_key (prefix);

create table idempotency (
  workspace_id uuid not null,
  api_key_id uuid not null,
  key text not null,
  request_hash bytea not null,
  status smallint not null,
  body text not null,
  sealed boolean not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, api_key_id, key)
);
create index idempotency_age on idempotency (created_at);

create table contact (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  first_name text,
  last_name text,
  email text,
  phone text,
  company text,
  job_title text,
  status text not null,
  source text,
  notes text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id)
);
create index contact_updated on contact (workspace_id, updated_at, id);
create index contact_email on contact (workspace_id, lower(email)) where email is not null;

create table activity (
  workspace_id uuid not null,
  id uuid not null,
  record_type text not null,
  record_id uuid not null,
  type text not null,
  actor text not null,
  changed json,
  occurred_at timestamptz(3) not null,
  -- Read by record and by nothing else.
  primary key (workspace_id, record_id, id)
);

-- Partitioned by the week in the UUIDv7; db/partition.ts makes the partitions and drops old ones.
create table event (
  workspace_id uuid not null,
  id uuid not null,
  -- The place in the feed; null for what Send test makes, which is not part of it.
  seq bigint,
  type text not null,
  object_type text not null,
  object_id uuid not null,
  occurred_at timestamptz(3) not null,
  actor text not null,
  -- json, not jsonb: the text as it was written, in its order; nothing searches inside it.
  data json not null,
  matched integer not null,
  reason text,
  primary key (workspace_id, id)
) partition by range (id);
create index event_seq on event (workspace_id, seq);

create table endpoint (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null default 1,
  name text not null,
  url text not null,
  format text not null,
  events text[] not null,
  state text not null check (state in ('active', 'paused', 'disabled', 'deleted')),
  reason text,
  secret bytea,
  old_secret bytea,
  old_secret_until timestamptz(3),
  method text not null check (method in ('POST', 'PUT', 'PATCH')),
  content_type text not null,
  headers bytea,
  timeout_ms integer not null check (timeout_ms between 1000 and 60000),
  retry_max integer not null check (retry_max between 0 and 20),
  retry_intervals_s integer[] not null,
  payload text not null check (payload in ('summary', 'full')),
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id)
);

-- One row a webhook: when something is next due, and who holds it until when. See delivery/states.md.
create table lane (
  workspace_id uuid not null,
  endpoint_id uuid not null,
  due timestamptz(3) not null default 'infinity',
  wake bigint not null default 0,
  token uuid,
  lease_until timestamptz(3) not null default '-infinity',
  not_before timestamptz(3) not null default '-infinity',
  slow_streak integer not null default 0,
  takeovers integer not null default 0,
  suspect uuid,
  suspect_crashes integer not null default 0,
  primary key (workspace_id, endpoint_id)
) with (fillfactor = 50);
create index lane_due on lane (due);

-- A delivery that is pending or retrying is a row here; a settled one lives on as its last attempt.
create table queue (
  workspace_id uuid not null,
  endpoint_id uuid not null,
  id uuid not null,
  event_id uuid not null,
  event_type text not null,
  kind text not null check (kind in ('event', 'resend', 'test')),
  order_key uuid not null,
  seq bigint not null,
  attempt integer not null default 0,
  bytes integer not null,
  due_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  last_failure text,
  primary key (workspace_id, id)
) with (fillfactor = 90);
create index queue_due on queue (workspace_id, endpoint_id, due_at, id);
create index queue_expiry on queue (expires_at);

create table attempt (
  workspace_id uuid not null,
  id uuid not null,
  endpoint_id uuid not null,
  delivery_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  kind text not null,
  number integer not null,
  at timestamptz(3) not null,
  duration_ms integer not null,
  status integer,
  failure text,
  detail text,
  response text,
  next_at timestamptz(3),
  state text check (state in ('delivered', 'failed', 'expired', 'dropped', 'crashed')),
  primary key (workspace_id, id)
) partition by range (id);
create index attempt_delivery on attempt (workspace_id, delivery_id);
create index attempt_log on attempt (workspace_id, endpoint_id, delivery_id) where state is not null;
