-- What keys were used for, by the hour; nothing of what was sent (contracts AX15). See account/usage.ts.

alter table api_key add column last_used_at timestamptz(3);

create table key_usage (
  workspace_id uuid not null,
  api_key_id uuid not null,
  hour timestamptz(3) not null,
  requests bigint not null,
  server_errors bigint not null,
  rate_limited bigint not null,
  primary key (workspace_id, api_key_id, hour)
) with (fillfactor = 50);
create index key_usage_age on key_usage (hour);
