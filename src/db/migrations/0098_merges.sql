-- Merged records (record/merge/, decisions/0038). All columns are null for a record that was never merged: a new record
-- pays for no value and no index.

-- The record that took this one's place; the last one where that was merged itself. `deleted_at` is set as well, so that
-- what leaves out deleted records leaves this one out too.
alter table contact add column merged_into uuid;
alter table company add column merged_into uuid;
alter table lead add column merged_into uuid;

-- All records that this one took the place of, directly or not.
alter table contact add column merged_ids uuid[];
alter table company add column merged_ids uuid[];
alter table lead add column merged_ids uuid[];

-- What undoing a merge takes back, one row for each merged record.
create table record_merge (
  workspace_id uuid not null,
  merged_id uuid not null,
  object_type text not null,
  -- The record that it was merged into, which may have been merged itself since.
  survivor_id uuid not null,
  merged_at timestamptz(3) not null,
  merged_by text not null,
  -- The survivor's values that came from the record, with those that they replaced. Null once it cannot be undone.
  contribution json,
  -- Ids of the rows that referenced the record, by column: {"deal.contact_id": [...]}.
  moved json,
  primary key (workspace_id, merged_id)
);
create index record_merge_survivor on record_merge (workspace_id, survivor_id);
create index record_merge_age on record_merge (merged_at) where contribution is not null;
