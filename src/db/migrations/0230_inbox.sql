-- Mails that nobody has read, recipients that were left out, and contents that changed. See decisions/0055.

-- Received and not read: by the team, or by the member of a private mailbox.
alter table email add column unread boolean not null default false;
-- Cc and Bcc recipients on the suppression list; those of a private mail are only in email_content.
alter table email add column dropped_recipients text[] not null default '{}';
-- Rises with each change of the content.
alter table email add column content_version integer not null default 1;
create index email_unread on email (workspace_id, thread_id) where unread and deleted_at is null;
-- The newest mail that a connection received.
create index email_received on email (workspace_id, connection_id, id) where direction = 'in';

alter table email_content add column dropped_recipients text[] not null default '{}';

-- The last mail that the listener took for a workspace, also one that was not stored: the page of the settings waits for it.
create table last_inbound_email (
  workspace_id uuid not null references workspace (id) primary key,
  at timestamptz(3) not null,
  outcome text not null check (outcome in ('stored', 'duplicate', 'report', 'unsubscribed', 'ignored')),
  reason text
);

-- A mailbox is read by one process at a time, and watched by one (IMAP IDLE).
alter table mailbox add column read_until timestamptz(3);
alter table mailbox add column watcher uuid;
alter table mailbox add column watched_until timestamptz(3);
