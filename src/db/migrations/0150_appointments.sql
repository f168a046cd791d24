-- Appointments, booked by hand, through a booking page or by another system. See scheduling/appointments/ and
-- decisions/0046.

create table appointment (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  title text not null,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  -- The times with the buffers before and after it: what the host cannot be booked for. Null: it does not block.
  blocked_from timestamptz(3),
  blocked_until timestamptz(3),
  time_zone text not null,
  guest_time_zone text,
  status text not null check (status in ('pending', 'booked', 'canceled', 'completed', 'no_show')),
  host_id uuid,
  -- The other hosts of a collective booking page.
  co_host_ids uuid[] not null default '{}',
  contact_id uuid,
  company_id uuid,
  deal_id uuid,
  booking_page_id uuid,
  guest_name text,
  guest_email text,
  guest_phone text,
  guests text[] not null default '{}',
  location text,
  description text,
  answers jsonb not null default '{}',
  sends_mail boolean not null,
  source text not null,
  external_id text,
  ical_uid text not null,
  sequence integer not null,
  reschedule_count integer not null,
  rescheduled_by text,
  reschedule_reason text,
  canceled_at timestamptz(3),
  canceled_by text,
  cancel_reason text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  -- The version whose invitations and reminders are arranged (scheduling/invitations/), and what was last sent.
  followed_version integer not null default 0,
  invited_sequence integer,
  invited_as text,
  primary key (workspace_id, id),
  check (ends_at > starts_at),
  check (blocked_until > blocked_from),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id)
);
create index appointment_updated on appointment (workspace_id, updated_at, id);
create index appointment_start on appointment (workspace_id, starts_at, id);
create index appointment_host on appointment (workspace_id, host_id, starts_at) where host_id is not null;
create index appointment_page on appointment (workspace_id, booking_page_id, starts_at) where booking_page_id is not null;
create index appointment_contact on appointment (workspace_id, contact_id, id) where contact_id is not null;
create index appointment_company on appointment (workspace_id, company_id, id) where company_id is not null;
create index appointment_deal on appointment (workspace_id, deal_id, id) where deal_id is not null;
create unique index appointment_external on appointment (workspace_id, source, external_id) where external_id is not null;
create index appointment_trash on appointment (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index appointment_to_erase on appointment (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index appointment_unexpunged on appointment (deleted_at, id) where deleted_at is not null and expunged_at is null;
create index appointment_to_follow on appointment (updated_at) where followed_version < version;

-- The time that appointments take of their hosts, kept by a trigger: whatever writes an appointment, a host has no two at
-- one time.
create table appointment_block (
  workspace_id uuid not null,
  appointment_id uuid not null,
  host_id uuid not null,
  block tstzrange not null,
  primary key (workspace_id, appointment_id, host_id),
  foreign key (workspace_id, appointment_id) references appointment (workspace_id, id)
);

create function keep_appointment_blocks() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.host_id, new.co_host_ids, new.blocked_from, new.blocked_until, new.status, new.deleted_at)
       is not distinct from (old.host_id, old.co_host_ids, old.blocked_from, old.blocked_until, old.status, old.deleted_at)
    then return null; end if;
    delete from appointment_block where workspace_id = old.workspace_id and appointment_id = old.id;
  end if;
  if new.status in ('pending', 'booked') and new.blocked_from is not null and new.deleted_at is null then
    insert into appointment_block (workspace_id, appointment_id, host_id, block)
    select distinct new.workspace_id, new.id, h.host_id, tstzrange(new.blocked_from, new.blocked_until, '[)')
    from unnest(array[new.host_id] || new.co_host_ids) h(host_id) where h.host_id is not null;
  end if;
  return null;
end $$;
create trigger appointment_blocks after insert or update on appointment
  for each row execute function keep_appointment_blocks();

-- A role that may not create extensions starts without it; appointments are off until it exists
-- (scheduling/appointments/overlap-constraint.ts).
do $$
begin
  create extension if not exists btree_gist;
  alter table appointment_block add constraint appointment_no_overlap
    exclude using gist (workspace_id with =, host_id with =, block with &&);
exception when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
  raise notice 'appointments are off: the extension btree_gist cannot be created';
end $$;

-- The guest's link to an appointment, as SHA-256 of its token.
create table appointment_link (
  hash bytea primary key,
  workspace_id uuid not null,
  appointment_id uuid not null,
  foreign key (workspace_id, appointment_id) references appointment (workspace_id, id)
);
create unique index appointment_link_appointment on appointment_link (workspace_id, appointment_id);

-- A member's calendar, by a secret URL.
create table calendar_feed (
  workspace_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  hash bytea not null unique,
  -- Whether titles are shown as "Busy", without guests.
  busy_only boolean not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  last_read_at timestamptz(3),
  primary key (workspace_id, id)
);
create index calendar_feed_user on calendar_feed (workspace_id, user_id);

-- Visitors of booking pages, as hashes, for an hour.
create table booking_visitor (
  workspace_id uuid not null,
  booking_page_id uuid not null,
  subject bytea not null,
  since timestamptz(3) not null,
  count integer not null,
  primary key (workspace_id, booking_page_id, subject)
);
