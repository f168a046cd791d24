-- What is due (crm/agenda-routes.ts): open tasks by their due date, and open deals by their expected close date. Finished
-- ones, which are most of a long history, are not in these indexes.
create index task_open_due on task (workspace_id, due_date, id)
  where status = 'open' and due_date is not null and deleted_at is null;
create index deal_open_close on deal (workspace_id, expected_close_date, id)
  where status = 'open' and expected_close_date is not null and deleted_at is null;
