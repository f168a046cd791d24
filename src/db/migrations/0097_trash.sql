-- A deleted record can be restored for 30 days; then its personal data is erased, or before that where it is asked for.
-- See record/trash/ and decisions/0037.

alter table contact add column erase_requested_at timestamptz(3);
alter table company add column erase_requested_at timestamptz(3);
alter table deal add column erase_requested_at timestamptz(3);
alter table task add column erase_requested_at timestamptz(3);
alter table lead add column erase_requested_at timestamptz(3);

-- Earlier releases promise to erase what is deleted once its deliveries have settled: what waits for that still is.
update contact set erase_requested_at = deleted_at where deleted_at is not null and expunged_at is null;
update company set erase_requested_at = deleted_at where deleted_at is not null and expunged_at is null;
update deal set erase_requested_at = deleted_at where deleted_at is not null and expunged_at is null;
update task set erase_requested_at = deleted_at where deleted_at is not null and expunged_at is null;
update lead set erase_requested_at = deleted_at where deleted_at is not null and expunged_at is null;

-- The trash of a workspace, latest first; and what is to be erased before its time. Records that are not deleted pay nothing.
create index contact_trash on contact (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index company_trash on company (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index deal_trash on deal (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index task_trash on task (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index lead_trash on lead (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index contact_to_erase on contact (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index company_to_erase on company (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index deal_to_erase on deal (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index task_to_erase on task (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index lead_to_erase on lead (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
