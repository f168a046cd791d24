-- Booking pages, and when their hosts are available. See scheduling/availability/, scheduling/booking-pages/ and
-- decisions/0045.

create table booking_page (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  slug text not null,
  title text not null,
  description text,
  host_mode text not null check (host_mode in ('one', 'round_robin', 'collective')),
  -- The first is the default.
  duration_min integer[] not null,
  -- Minutes between starts; null: the duration.
  slot_step_min integer,
  -- Minutes past the full hour at which starts begin; null: at the beginning of each working-hours range.
  start_align_min integer,
  buffer_before_min integer not null,
  buffer_after_min integer not null,
  min_notice_min integer not null,
  max_ahead_days integer not null,
  -- Appointments of this page by one host.
  max_per_day integer,
  max_per_week integer,
  location_kind text not null check (location_kind in ('in_person', 'phone', 'link', 'ask')),
  location_text text,
  -- json, not jsonb: their order is the page's.
  questions json not null,
  confirmation text not null check (confirmation in ('auto', 'manual')),
  cancel_notice_min integer not null,
  reminders json not null,
  time_zone_display text not null check (time_zone_display in ('visitor', 'host')),
  submit_label text not null,
  thanks_text text not null,
  redirect_url text,
  allowed_origins text[] not null,
  proof_of_work text not null check (proof_of_work in ('optional', 'required')),
  active boolean not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id)
);
create unique index booking_page_slug on booking_page (workspace_id, slug) where deleted_at is null;

create table schedule (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  user_id uuid not null,
  name text not null,
  time_zone text not null,
  -- The schedule of booking pages that name no other.
  is_default boolean not null,
  -- [{weekday, start_min, end_min}]; weekday 1 is Monday, minutes of the local clock, 1440 is the next midnight.
  rules json not null,
  -- [{date, ranges: [{start_min, end_min}]}]; they replace the rules of the date, no ranges: closed.
  overrides json not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
create unique index schedule_default on schedule (workspace_id, user_id) where is_default;
create index schedule_user on schedule (workspace_id, user_id, id);

create table booking_page_host (
  workspace_id uuid not null,
  page_id uuid not null,
  user_id uuid not null,
  position integer not null,
  -- Share of the appointments of a round robin.
  weight integer not null,
  -- Null: the default schedule of the host.
  schedule_id uuid,
  primary key (workspace_id, page_id, user_id),
  foreign key (workspace_id, page_id) references booking_page (workspace_id, id),
  foreign key (workspace_id, schedule_id) references schedule (workspace_id, id)
);
create index booking_page_host_user on booking_page_host (workspace_id, user_id);
create index booking_page_host_schedule on booking_page_host (workspace_id, schedule_id) where schedule_id is not null;

create table time_off (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  user_id uuid not null,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  reason text,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id),
  check (starts_at < ends_at)
);
create index time_off_user on time_off (workspace_id, user_id, starts_at);

-- Busy times from the calendars of members, merged: no titles, no ids of events.
create table busy_time (
  workspace_id uuid not null,
  connection_id uuid not null,
  user_id uuid not null,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  primary key (workspace_id, connection_id, starts_at),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade,
  check (starts_at < ends_at)
);
create index busy_time_user on busy_time (workspace_id, user_id, starts_at);

-- A calendar that is read for busy times, one row for each connection of such a kind.
create table calendar_sync (
  workspace_id uuid not null,
  connection_id uuid not null,
  user_id uuid not null,
  -- What the calendar's server said of the version that is stored.
  etag text,
  last_modified text,
  content_hash text,
  -- Of the last successful read.
  synced_at timestamptz(3),
  next_at timestamptz(3) not null,
  failures integer not null,
  -- A code, such as `timeout`.
  last_failure text,
  primary key (workspace_id, connection_id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index calendar_sync_due on calendar_sync (next_at);
create index calendar_sync_user on calendar_sync (workspace_id, user_id);
