-- How long a workspace keeps its events and delivery attempts, in days, where that is less than the installation does.
-- Null: as long as the installation. See delivery/retention-term.ts.

create table retention (
  workspace_id uuid primary key,
  event_days integer check (event_days >= 31),
  attempt_days integer check (attempt_days >= 31)
);
