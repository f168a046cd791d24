-- What the owners and admins of a workspace should know, such as that a webhook of theirs was disabled. It is over once
-- `ended_at` is set: the webhook is back in service, or gone. See account/notice.ts.

create table notice (
  workspace_id uuid not null,
  id uuid not null,
  type text not null,
  object_type text not null,
  object_id uuid not null,
  details json not null,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  primary key (workspace_id, id)
);
create index notice_open on notice (workspace_id, object_id) where ended_at is null;

-- Who has put a notice away; the others still see it.
create table notice_dismissal (
  workspace_id uuid not null,
  notice_id uuid not null,
  user_id uuid not null,
  at timestamptz(3) not null,
  primary key (workspace_id, notice_id, user_id)
);

-- The letter that tells somebody of a notice: written with it, sent by whichever process claims it. `due_at` is also the
-- claim: whoever sends it puts it off first.
create table notice_letter (
  workspace_id uuid not null,
  notice_id uuid not null,
  user_id uuid not null,
  due_at timestamptz(3) not null,
  tries integer not null default 0,
  mailed_at timestamptz(3),
  primary key (workspace_id, notice_id, user_id)
);
create index notice_letter_due on notice_letter (due_at) where mailed_at is null;
