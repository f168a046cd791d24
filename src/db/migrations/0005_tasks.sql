-- Tasks, which may be about a contact or a company of the same workspace.

create table task (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  title text not null,
  description text,
  priority text not null check (priority in ('low', 'medium', 'high', 'urgent')),
  status text not null check (status in ('open', 'completed')),
  due_date date,
  completed_at timestamptz(3),
  contact_id uuid,
  company_id uuid,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id)
);
create index task_updated on task (workspace_id, updated_at, id);
create index task_due on task (workspace_id, due_date) where due_date is not null;
create index task_contact on task (workspace_id, contact_id) where contact_id is not null;
create index task_company on task (workspace_id, company_id) where company_id is not null;
