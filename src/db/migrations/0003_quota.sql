-- What was asked in the windows of a plan. One row for each subject (a workspace or a key) and span; the arrays
-- hold, slice by slice, when it began (seconds since 1970) and how many requests it took. See account/quota.ts.

create table quota (
  workspace_id uuid not null,
  subject uuid not null,
  span_s integer not null,
  starts bigint[] not null default '{}',
  taken integer[] not null default '{}',
  primary key (workspace_id, subject, span_s)
) with (fillfactor = 20);
