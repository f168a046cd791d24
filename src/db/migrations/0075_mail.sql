-- The mail queue (mail/mail-queue.ts): a row per mail, written in the transaction of what the mail is about. `state` is
-- queued, sending, sent, failed, cancelled or unknown. `claim` is the fence: a sender settles only the row that still
-- has its token. `submitted_at` is set before the content goes out: if that sender dies, the mail is unknown and is not
-- sent again (decisions/0024).
create table mail (
  id uuid primary key,
  -- Null for mail of the installation, such as a password reset.
  workspace_id uuid,
  kind text not null,
  key text not null unique,
  -- The account that receives it, and the object it is about; conditions refer to them.
  user_id uuid,
  object_id uuid,
  state text not null default 'queued'
    check (state in ('queued', 'sending', 'sent', 'failed', 'cancelled', 'unknown')),
  -- Both are null once the mail is settled: messages contain links with tokens. `message` is sealed.
  to_address text,
  message bytea,
  message_id text,
  due_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  attempts integer not null default 0,
  claim uuid,
  lease_until timestamptz(3),
  submitted_at timestamptz(3),
  -- Neither addresses nor links: a server may quote both in its reply.
  last_error text,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  check ((settled_at is null) = (message is not null))
);
create index mail_due on mail (due_at, id) where state = 'queued';
create index mail_expiry on mail (expires_at) where state = 'queued';
create index mail_lease on mail (lease_until) where state = 'sending';
create index mail_settled on mail (settled_at) where settled_at is not null;
