-- Tracking, suppressions and topics of e-mail: messaging/tracking/, messaging/suppressions/, decisions/0049.

-- When opens and clicks are recorded: never; for mails that ask for it; for mails that do not say otherwise.
alter table workspace add column open_tracking text not null default 'on_request'
  check (open_tracking in ('never', 'on_request', 'always'));
alter table workspace add column click_tracking text not null default 'on_request'
  check (click_tracking in ('never', 'on_request', 'always'));
-- Which hits fire email.opened and email.clicked.
alter table workspace add column tracking_events text not null default 'first_human'
  check (tracking_events in ('first_human', 'first_any', 'every'));

-- What members send mails about, as in Newsletter; recipients unsubscribe from one of them or from all.
create table email_topic (
  workspace_id uuid not null references workspace (id),
  id uuid not null,
  version integer not null,
  name text not null,
  description text,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, id)
);
create unique index email_topic_name on email_topic (workspace_id, lower(name));

alter table email add column topic_id uuid;
alter table email add foreign key (workspace_id, topic_id) references email_topic (workspace_id, id)
  on delete set null (topic_id);
create index email_topic_emails on email (workspace_id, topic_id, id) where topic_id is not null;

-- The workspace of a mail that has public URLs: their tokens hold only the id of the mail.
create table email_tracking (
  email_id uuid primary key,
  workspace_id uuid not null,
  created_at timestamptz(3) not null,
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);
create index email_tracking_email on email_tracking (workspace_id, email_id);

-- Link 0 is the pixel, 65535 the honeypot. `fired_at` is when a hit fired its event.
create table email_link (
  workspace_id uuid not null,
  email_id uuid not null,
  link integer not null,
  -- Null for the pixel and the honeypot, and after the mail was erased.
  url text,
  fired_at timestamptz(3),
  primary key (email_id, link),
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);
create index email_link_email on email_link (workspace_id, email_id);

-- Requests for pixels and links. Neither the address nor the user agent is stored; `visitor` is a keyed hash of the mail
-- and the network, deleted within two hours, by which hits of the same scanner are recognised.
create table email_hit (
  workspace_id uuid not null,
  id uuid not null,
  email_id uuid not null,
  kind text not null check (kind in ('open', 'click')),
  link integer not null,
  at timestamptz(3) not null,
  verdict text not null check (verdict in ('human', 'machine', 'unknown', 'ignored')),
  reason text not null,
  agent text not null,
  visitor bytea,
  primary key (workspace_id, id),
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);
create index email_hit_email on email_hit (workspace_id, email_id, id);
create index email_hit_visitor on email_hit (email_id, visitor, at) where visitor is not null;
create index email_hit_forget on email_hit (at) where visitor is not null;

-- Contacts that are not to be tracked. After a merge a contact can have several.
create table email_tracking_denial (
  workspace_id uuid not null,
  id uuid not null,
  contact_id uuid not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id)
);
create index email_tracking_denial_contact on email_tracking_denial (workspace_id, contact_id);

-- Addresses that get no mail, of one topic or of all. They are found by a hash, which stays when the address is erased: an
-- erased person must not get mail again.
create table suppression (
  workspace_id uuid not null references workspace (id),
  id uuid not null,
  -- SHA-256 of the address in lower case.
  address_hash bytea not null,
  address text,
  reason text not null check (reason in ('hard_bounce', 'complaint', 'unsubscribe', 'manual')),
  topic_id uuid,
  -- The mail that it comes from.
  email_id uuid,
  note text,
  created_by text not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, topic_id) references email_topic (workspace_id, id) on delete cascade
);
create unique index suppression_all on suppression (workspace_id, address_hash, reason) where topic_id is null;
create unique index suppression_topic on suppression (workspace_id, address_hash, topic_id, reason) where topic_id is not null;
create index suppression_topic_id on suppression (workspace_id, topic_id) where topic_id is not null;
create index suppression_email on suppression (workspace_id, email_id) where email_id is not null;

-- Soft bounces of an address since its last delivery, one a mail. Five over seven days suppress it.
create table email_soft_bounce (
  workspace_id uuid not null,
  email_id uuid not null,
  address_hash bytea not null,
  at timestamptz(3) not null,
  primary key (workspace_id, email_id),
  foreign key (workspace_id, email_id) references email (workspace_id, id)
);
create index email_soft_bounce_address on email_soft_bounce (workspace_id, address_hash, at);
create index email_soft_bounce_age on email_soft_bounce (at);
