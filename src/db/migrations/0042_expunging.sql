-- Deleted records lose what is personal about them once their deliveries have settled; `expunged_at` says that they
-- have. See crm/expunging.ts.

alter table contact add column expunged_at timestamptz(3);
alter table company add column expunged_at timestamptz(3);
alter table deal add column expunged_at timestamptz(3);
alter table task add column expunged_at timestamptz(3);
alter table lead add column expunged_at timestamptz(3);

create index contact_unexpunged on contact (deleted_at, id) where deleted_at is not null and expunged_at is null;
create index company_unexpunged on company (deleted_at, id) where deleted_at is not null and expunged_at is null;
create index deal_unexpunged on deal (deleted_at, id) where deleted_at is not null and expunged_at is null;
create index task_unexpunged on task (deleted_at, id) where deleted_at is not null and expunged_at is null;
create index lead_unexpunged on lead (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- The deliveries of an event have ids that begin with its time; what was sent again has not, and is looked up here.
create index queue_resent on queue (workspace_id, event_id) where kind = 'resend';
create index attempt_resent on attempt (workspace_id, event_id) where kind = 'resend';
