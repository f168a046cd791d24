-- The last event of each workspace that was dropped by age: where its feed begins, and how a reader who stood there
-- is told from one who has missed something. See delivery/feed.ts.

create table feed_floor (
  workspace_id uuid primary key,
  event_id uuid not null,
  seq bigint not null
);
