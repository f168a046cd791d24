-- Messages and calls, through phone connections or by hand. See messaging/telephony/.

create table message (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  direction text not null check (direction in ('in', 'out')),
  channel text not null check (channel in ('sms', 'mms', 'whatsapp')),
  status text not null check (status in
    ('scheduled', 'queued', 'unknown', 'sent', 'delivered', 'undelivered', 'failed', 'read', 'received', 'canceled')),
  "from" text not null,
  "to" text not null,
  body text,
  segments integer not null,
  encoding text not null check (encoding in ('gsm7', 'ucs2')),
  media_count integer not null,
  provider text,
  connection_id text,
  external_id text,
  error_code text,
  error_text text,
  opt_out_type text check (opt_out_type in ('stop', 'start', 'help')),
  contact_id uuid,
  lead_id uuid,
  deal_id uuid,
  user_id uuid,
  send_at timestamptz(3),
  sent_at timestamptz(3),
  delivered_at timestamptz(3),
  -- The number of the other side: a thread.
  peer text not null generated always as (case direction when 'in' then "from" else "to" end) stored,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id)
);
create index message_updated on message (workspace_id, updated_at, id);
create index message_contact on message (workspace_id, contact_id, id) where contact_id is not null;
create index message_lead on message (workspace_id, lead_id, id) where lead_id is not null;
create index message_deal on message (workspace_id, deal_id, id) where deal_id is not null;
create index message_user on message (workspace_id, user_id, id) where user_id is not null;
create index message_peer on message (workspace_id, peer, id);
create index message_writer on message (workspace_id, peer, id) where direction = 'out' and user_id is not null;
create unique index message_external on message (workspace_id, connection_id, external_id) where external_id is not null;
create index message_trash on message (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index message_to_erase on message (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index message_unexpunged on message (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- The last message of each thread that somebody has read.
create table message_thread (
  workspace_id uuid not null,
  peer text not null,
  read_id uuid not null,
  primary key (workspace_id, peer)
);

-- Messages that are to be sent. A row ends when its message is settled.
create table message_send (
  workspace_id uuid not null,
  message_id uuid not null,
  connection_id uuid not null,
  number text not null,
  due_at timestamptz(3) not null,
  -- The fence token of the sender that has it.
  claim uuid,
  lease_until timestamptz(3),
  -- Set right before the request: from then on it may have been sent.
  submitted_at timestamptz(3),
  attempts integer not null default 0,
  look_ups integer not null default 0,
  primary key (workspace_id, message_id)
);
create index message_send_due on message_send (due_at, message_id) where claim is null;
create index message_send_leased on message_send (lease_until) where claim is not null;

-- When each number of ours may send next.
create table phone_lane (
  workspace_id uuid not null,
  connection_id uuid not null,
  number text not null,
  next_at timestamptz(3) not null,
  primary key (workspace_id, connection_id, number)
);

-- Pictures and other files of messages.
create table message_media (
  workspace_id uuid not null,
  message_id uuid not null,
  position integer not null,
  content_type text not null,
  -- Where the API has it.
  url text not null,
  -- Where the provider has it, until it is stored here.
  source_url text,
  file_id uuid,
  problem text,
  primary key (workspace_id, message_id, position)
);

-- Who wants messages or calls, by number. Kept when a contact is erased: it is still to be respected.
create table consent (
  workspace_id uuid not null,
  channel text not null check (channel in ('sms', 'call')),
  address text not null,
  status text not null check (status in ('opted_in', 'opted_out')),
  source text not null check (source in ('keyword', 'carrier', 'api', 'form', 'import')),
  text text,
  changed_by text not null,
  changed_at timestamptz(3) not null,
  primary key (workspace_id, channel, address)
);

create table call (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  direction text not null check (direction in ('in', 'out')),
  status text not null check (status in
    ('queued', 'ringing', 'in_progress', 'completed', 'busy', 'no_answer', 'failed', 'canceled')),
  "from" text,
  "to" text,
  answered_by text,
  started_at timestamptz(3) not null,
  answered_at timestamptz(3),
  ended_at timestamptz(3),
  duration integer,
  is_voicemail boolean not null,
  recording_url text,
  recording_duration integer,
  disposition text,
  notes text,
  provider text,
  connection_id text,
  external_id text,
  contact_id uuid,
  lead_id uuid,
  deal_id uuid,
  user_id uuid,
  error_text text,
  -- Whether the provider calls somebody, and whether that has ended: reports come in any order.
  dial_state text not null default 'none' check (dial_state in ('none', 'pending', 'done')),
  recording_source text,
  recording_file_id uuid,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id)
);
create index call_updated on call (workspace_id, updated_at, id);
create index call_contact on call (workspace_id, contact_id, id) where contact_id is not null;
create index call_lead on call (workspace_id, lead_id, id) where lead_id is not null;
create index call_deal on call (workspace_id, deal_id, id) where deal_id is not null;
create index call_user on call (workspace_id, user_id, id) where user_id is not null;
create index call_under_way on call (updated_at, id) where status in ('queued', 'ringing', 'in_progress') and deleted_at is null;
create unique index call_external on call (workspace_id, connection_id, external_id) where external_id is not null;
create index call_trash on call (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index call_to_erase on call (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index call_unexpunged on call (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- Where calls for a member ring.
create table member_phone (
  workspace_id uuid not null,
  user_id uuid not null,
  phone text not null,
  primary key (workspace_id, user_id)
);
