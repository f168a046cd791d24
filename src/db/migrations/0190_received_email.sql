-- Mail that is received: messaging/inbound/, decisions/0050.

-- A program answered, as with an absence note.
alter table email add column auto_reply boolean not null default false;

-- Every mail once. The key is a hash of the Message-ID and of who sees the mail; it stays when the mail is erased, so that
-- a mailbox that is read again does not bring it back.
create table received_email (
  workspace_id uuid not null references workspace (id),
  key bytea not null,
  email_id uuid not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, key)
);
create index received_email_email on received_email (workspace_id, email_id);

-- What a workspace does with the mail that it receives; without a row, the defaults.
create table inbound_email_setting (
  workspace_id uuid not null references workspace (id) primary key,
  -- Part of the token of the workspace's address: another number is another address.
  address_version integer not null default 1,
  create_contacts boolean not null default false,
  keep_newsletters boolean not null default false,
  keep_internal boolean not null default false,
  match_subject boolean not null default false,
  updated_at timestamptz(3) not null
);

-- How far a folder of a mailbox has been read.
create table mailbox_folder (
  workspace_id uuid not null,
  connection_id uuid not null,
  name text not null,
  uid_validity bigint not null,
  -- The newest message that was read.
  last_uid bigint not null,
  -- The history is read down to the message after this one, newest first; null once it is read.
  history_uid bigint,
  primary key (workspace_id, connection_id, name),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);

-- When a mailbox is read next.
create table mailbox (
  workspace_id uuid not null,
  connection_id uuid not null,
  due_at timestamptz(3) not null,
  -- In a row.
  failures integer not null default 0,
  synced_at timestamptz(3),
  last_failure text,
  primary key (workspace_id, connection_id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index mailbox_due on mailbox (due_at);
