-- Notes, calls and meetings that members log on records. See crm/notes/ and decisions/0040.

create table note (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  type text not null check (type in ('note', 'call', 'meeting')),
  -- The first line of the text, for lists and search results.
  title text not null,
  body text not null,
  pinned boolean not null,
  happened_at timestamptz(3),
  duration_min integer,
  mentions uuid[] not null default '{}',
  contact_id uuid,
  company_id uuid,
  deal_id uuid,
  task_id uuid,
  lead_id uuid,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id),
  foreign key (workspace_id, task_id) references task (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id)
);
create index note_updated on note (workspace_id, updated_at, id);
create index note_contact on note (workspace_id, contact_id, id) where contact_id is not null;
create index note_company on note (workspace_id, company_id, id) where company_id is not null;
create index note_deal on note (workspace_id, deal_id, id) where deal_id is not null;
create index note_task on note (workspace_id, task_id, id) where task_id is not null;
create index note_lead on note (workspace_id, lead_id, id) where lead_id is not null;
create index note_trash on note (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index note_to_erase on note (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index note_unexpunged on note (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- Leads of a company: its page lists them.
create index lead_by_company on lead (workspace_id, company_id) where company_id is not null;
create index lead_by_deal on lead (workspace_id, deal_id) where deal_id is not null;

-- Tasks of leads.
alter table task add column lead_id uuid;
alter table task add foreign key (workspace_id, lead_id) references lead (workspace_id, id);
create index task_lead on task (workspace_id, lead_id, id) where lead_id is not null;
