-- Test inboxes: receiving URLs of ours that show what arrives. See delivery/inbox.ts.

create table inbox (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  -- What its URL ends in, beside the two ids: whoever knows it may post.
  secret text not null,
  status smallint not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  primary key (workspace_id, id)
);

create table inbox_request (
  workspace_id uuid not null,
  inbox_id uuid not null,
  id uuid not null,
  method text not null,
  query text not null,
  -- [[name, value]], as they came.
  headers json not null,
  body bytea not null,
  -- Whether a webhook of the workspace that posts here has signed it; null where none does.
  signed boolean,
  received_at timestamptz(3) not null,
  primary key (workspace_id, inbox_id, id),
  foreign key (workspace_id, inbox_id) references inbox (workspace_id, id) on delete cascade
);
