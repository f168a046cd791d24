-- An older version knows nothing of these counts: stop it first, or the days of the leads that it changes meanwhile
-- keep their figures (`delete from lead_day` has every day counted again).

-- What the leads that were made on a day, in UTC, came to: counted when it is asked for (crm/leads/lead-day.ts). Both
-- numbers are places in the workspace's feed: of the last change to one of the leads, and up to where they were counted.
-- The count holds while counted >= changed.
create table lead_day (
  workspace_id uuid not null,
  day date not null,
  changed bigint not null default 0,
  counted bigint,
  -- The statuses that were won then.
  won text[],
  tallies json,
  contacted bytea,
  primary key (workspace_id, day)
) with (fillfactor = 50);
