-- A notice to one member, such as a mention in a note; null: to all owners and admins.
alter table notice add column user_id uuid;
create index notice_member on notice (workspace_id, user_id, id) where user_id is not null;
