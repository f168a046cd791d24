-- Background jobs and recurring tasks. A row is a job that has not ended; one that succeeds is deleted, one that failed
-- for good stays for 30 days. See jobs/job.ts and decisions/0023.

create table job (
  id uuid primary key,
  -- Null: a job of the whole installation.
  workspace_id uuid,
  type text not null,
  payload json not null,
  -- At most one unfinished job of a type, workspace and key.
  unique_key text,
  -- Set again to its next time when it ends. See jobs/schedule.ts.
  recurring boolean not null default false,
  -- When it is to run. While a process runs it: when the lease of that process ends. A job whose process died is
  -- therefore due again by itself.
  due_at timestamptz(3) not null,
  -- A new one for each claim: a process that has lost its lease can no longer write an outcome.
  lease_token uuid,
  -- Runs that ended with an error.
  attempts integer not null default 0,
  -- Runs that ended with their process.
  crashes integer not null default 0,
  -- Enqueued again while it runs: when it is to run after that.
  again_at timestamptz(3),
  last_error text,
  failed_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index job_due on job (due_at) where failed_at is null;
create index job_running on job (type, workspace_id) where lease_token is not null;
create index job_failed on job (failed_at) where failed_at is not null;
create unique index job_unique on job (type, workspace_id, unique_key) nulls not distinct
  where unique_key is not null and failed_at is null;
