-- Open deals by their expected close date (crm/agenda-routes.ts); open tasks have the index of 0109. Finished deals, which
-- are most of a long history, are not in it.
create index deal_open_close on deal (workspace_id, expected_close_date, id)
  where status = 'open' and expected_close_date is not null and deleted_at is null;
