-- People: who they are, what they are in which workspace, their sessions, one-time links, and who did what.

create table app_user (
  id uuid primary key,
  email text not null,
  name text not null,
  -- scrypt with its parameters (account/password.ts); null until a link has been used to choose one.
  password text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);
create unique index app_user_email on app_user (lower(email));

create table member (
  workspace_id uuid not null,
  user_id uuid not null references app_user (id),
  role text not null check (role in ('owner', 'admin', 'manager', 'member')),
  joined_at timestamptz(3) not null,
  primary key (workspace_id, user_id)
);
create index member_user on member (user_id);

-- Only the SHA-256 of the token is kept: who reads the table can sign in as nobody.
create table session (
  id uuid primary key,
  hash bytea not null unique,
  user_id uuid not null references app_user (id),
  workspace_id uuid not null,
  created_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  expires_at timestamptz(3) not null
);
create index session_of_user on session (user_id);
create index session_expiry on session (expires_at);

-- A link that lets somebody in once: to set up a workspace, to join one, to choose a new password.
create table link (
  id uuid primary key,
  kind text not null check (kind in ('setup', 'invitation', 'password_reset')),
  hash bytea not null unique,
  workspace_id uuid,
  user_id uuid references app_user (id),
  email text,
  role text check (role in ('owner', 'admin', 'manager', 'member')),
  created_by text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
create index link_invitation on link (workspace_id, id) where kind = 'invitation' and used_at is null;

-- Tries to sign in that failed, by whom they were for and where they came from (both hashed).
create table sign_in_failure (
  subject bytea primary key,
  since timestamptz(3) not null,
  count integer not null
);

create table audit (
  workspace_id uuid not null,
  id uuid not null,
  at timestamptz(3) not null,
  actor text not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  details json,
  primary key (workspace_id, id)
);

-- The member on whose behalf a key acts: it may do no more than they may now. Null: nobody's, as from the command line.
alter table api_key add column maker_id uuid;
