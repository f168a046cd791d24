-- Tasks in the order in which they are done (crm/tasks/task-agenda.ts): open ones by due date, without one last.
create index task_agenda on task (workspace_id, (coalesce(due_date, '9999-12-31'::date)), id)
  where status = 'open' and deleted_at is null;
create index task_completed on task (workspace_id, completed_at, id)
  where status = 'completed' and deleted_at is null;
