import { Checkbox } from '@mantine/core';
import { tasks, type Task } from '../../api/task-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { notifyError } from '../../ui/notify.tsx';

/** The checkbox that completes or reopens a task. */
export function TaskToggle({ task }: { task: Task }) {
  const mayWrite = useHasScope('tasks:write');
  const { mutate: update, isPending, variables } = useUpdateRecord(tasks);
  const toggle = (done: boolean) =>
    update(
      { id: task.id, version: task.version, change: { status: done ? 'completed' : 'open' } },
      { onError: notifyError },
    );
  return (
    <Checkbox
      size="xs"
      radius="xl"
      aria-label={`Completed: ${task.title}`}
      // Optimistic until the API responds.
      checked={(isPending ? variables.change.status : task.status) === 'completed'}
      disabled={!mayWrite || isPending}
      onChange={(event) => toggle(event.currentTarget.checked)}
    />
  );
}
