-- Files (files/file-store.ts): a row per file. `storage` says where its bytes are: `disk` is the data directory,
-- `database` is file_content. A file belongs to its workspace and is deleted with it.
create table file (
  workspace_id uuid not null references workspace (id) on delete cascade,
  id uuid not null,
  -- What the file is for, such as workspace_logo; it decides who may read the file.
  purpose text not null,
  name text not null,
  -- Read from the bytes, never from the request.
  content_type text not null,
  size bigint not null check (size > 0),
  sha256 bytea not null check (octet_length(sha256) = 32),
  storage text not null check (storage in ('disk', 'database')),
  created_by text not null,
  created_at timestamptz(3) not null,
  primary key (workspace_id, id)
);

create table file_content (
  workspace_id uuid not null,
  file_id uuid not null,
  bytes bytea not null,
  primary key (workspace_id, file_id),
  foreign key (workspace_id, file_id) references file (workspace_id, id) on delete cascade
);
-- Images and documents are compressed already.
alter table file_content alter column bytes set storage external;

-- The bytes of all files of a workspace; its row is the lock that keeps the limit exact.
create table file_usage (
  workspace_id uuid primary key references workspace (id) on delete cascade,
  bytes bigint not null check (bytes >= 0)
);

alter table workspace add column logo_file_id uuid;
alter table workspace add constraint workspace_logo_file foreign key (id, logo_file_id)
  references file (workspace_id, id) on delete set null (logo_file_id);
