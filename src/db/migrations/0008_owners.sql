-- Who looks after a record. Members may leave, their name stays on what they looked after: no foreign key.

alter table contact add column owner_id uuid, add column company_id uuid,
  add foreign key (workspace_id, company_id) references company (workspace_id, id);
create index contact_owner on contact (workspace_id, owner_id) where owner_id is not null;
create index contact_company on contact (workspace_id, company_id) where company_id is not null;

alter table company add column owner_id uuid;
create index company_owner on company (workspace_id, owner_id) where owner_id is not null;

alter table deal add column owner_id uuid;
create index deal_owner on deal (workspace_id, owner_id) where owner_id is not null;

alter table task add column assignee_id uuid;
create index task_assignee on task (workspace_id, assignee_id) where assignee_id is not null;
