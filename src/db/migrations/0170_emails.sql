-- E-mail of workspaces: what members send through their own accounts, and what is received. See messaging/emails/,
-- messaging/templates/ and decisions/0048. An account is a connection.

create table template (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text not null,
  subject text,
  html text,
  text text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id)
);
create index template_updated on template (workspace_id, updated_at, id);
create index template_trash on template (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index template_to_erase on template (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index template_unexpunged on template (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- Of a mail with the visibility private, addresses, subject and snippet are only in email_content.
create table email (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  direction text not null check (direction in ('out', 'in')),
  status text not null check (status in ('draft', 'scheduled', 'queued', 'sending', 'sent', 'delivered', 'deferred',
    'bounced', 'failed', 'unknown', 'cancelled', 'received')),
  -- The account.
  connection_id text,
  thread_id text,
  -- Without angle brackets.
  message_id text,
  provider_id text,
  in_reply_to text,
  "from" text,
  from_name text,
  "to" text,
  to_name text,
  cc text[] not null default '{}',
  bcc text[] not null default '{}',
  subject text,
  snippet text,
  template_id uuid,
  contact_id uuid,
  company_id uuid,
  deal_id uuid,
  lead_id uuid,
  user_id uuid,
  visibility text not null check (visibility in ('team', 'private')),
  send_at timestamptz(3),
  sent_at timestamptz(3),
  delivered_at timestamptz(3),
  received_at timestamptz(3),
  opens integer not null default 0,
  human_opens integer not null default 0,
  first_opened_at timestamptz(3),
  clicks integer not null default 0,
  human_clicks integer not null default 0,
  first_clicked_at timestamptz(3),
  bounce_kind text check (bounce_kind in ('hard', 'soft', 'block')),
  bounce_status text,
  bounce_reason text,
  -- Why it was not sent, or why that is unknown.
  status_reason text,
  track_opens boolean not null default false,
  track_clicks boolean not null default false,
  -- In bytes, as sent or received.
  size integer,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, template_id) references template (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id)
);
create index email_updated on email (workspace_id, updated_at, id);
create index email_thread_emails on email (workspace_id, thread_id, id) where thread_id is not null;
create index email_message on email (workspace_id, message_id) where message_id is not null;
create index email_provider on email (workspace_id, provider_id) where provider_id is not null;
create index email_connection on email (workspace_id, connection_id, id) where connection_id is not null;
create index email_template on email (workspace_id, template_id, id) where template_id is not null;
create index email_contact on email (workspace_id, contact_id, id) where contact_id is not null;
create index email_company on email (workspace_id, company_id, id) where company_id is not null;
create index email_deal on email (workspace_id, deal_id, id) where deal_id is not null;
create index email_lead on email (workspace_id, lead_id, id) where lead_id is not null;
create index email_user on email (workspace_id, user_id, id) where user_id is not null;
create index email_trash on email (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index email_to_erase on email (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index email_unexpunged on email (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- What is never in an event.
create table email_content (
  workspace_id uuid not null,
  email_id uuid not null,
  html text,
  text text,
  -- {from, from_name, to, to_name, cc, bcc, subject, reply_to}
  envelope json,
  -- Message ids of the thread, oldest first.
  reference_ids text[] not null default '{}',
  -- [{file_id, name, content_type, size, content_id}]
  attachments json not null default '[]',
  primary key (workspace_id, email_id),
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);

create table email_thread (
  workspace_id uuid not null,
  id uuid not null,
  -- Without Re: and the like, in lower case; null if it is private.
  subject_key text,
  visibility text not null check (visibility in ('team', 'private')),
  -- Whose it is, if it is private.
  user_id uuid,
  email_count integer not null,
  last_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
create index email_thread_last on email_thread (workspace_id, last_at, id);

-- The queue (messaging/emails/email-queue.ts), a row per mail that is to be sent. `claim` is the fence: a sender settles
-- only the row that still has its token. `submitted_at` is set before the content goes out: if that sender dies, the mail
-- is unknown.
create table email_send (
  workspace_id uuid not null,
  email_id uuid not null,
  connection_id uuid not null,
  -- Null once it is settled.
  to_address text,
  -- Sent by a template or with an unsubscribe link.
  is_bulk boolean not null,
  -- A person has sent it although the address is suppressed.
  ignores_suppression boolean not null default false,
  state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
  due_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  attempts integer not null default 0,
  claim uuid,
  lease_until timestamptz(3),
  submitted_at timestamptz(3),
  last_error text,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  primary key (workspace_id, email_id),
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);
create index email_send_due on email_send (workspace_id, connection_id, due_at, email_id) where state = 'queued';
create index email_send_expiry on email_send (expires_at) where state = 'queued';
create index email_send_lease on email_send (lease_until) where state = 'sending';
create index email_send_settled on email_send (settled_at) where settled_at is not null;

-- An account that has sent: what it has sent in the present day and minute, and whether it is paused.
create table email_account (
  workspace_id uuid not null,
  connection_id uuid not null,
  claimed_at timestamptz(3) not null,
  day_start timestamptz(3) not null,
  day_count integer not null default 0,
  minute_start timestamptz(3) not null,
  minute_count integer not null default 0,
  -- Set when the provider refuses the account; no mail is sent until a person resumes it.
  paused_at timestamptz(3),
  pause_reason text,
  primary key (workspace_id, connection_id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index email_account_claimed on email_account (claimed_at) where paused_at is null;
