import { Checkbox } from '@mantine/core';
import { tasks, type Task } from '../../api/task-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { tellError } from '../../ui/notify.tsx';

/** Done, or not yet. */
export function TaskToggle({ task }: { task: Task }) {
  const mayWrite = useMay('tasks:write');
  const { mutate: update, isPending, variables } = useUpdateRecord(tasks);
  const toggle = (done: boolean) =>
    update(
      { id: task.id, version: task.version, change: { status: done ? 'completed' : 'open' } },
      { onError: tellError },
    );
  return (
    <Checkbox
      size="xs"
      radius="xl"
      aria-label={`Completed: ${task.title}`}
      // What was asked for, until the answer is there.
      checked={(isPending ? variables.change.status : task.status) === 'completed'}
      disabled={!mayWrite || isPending}
      onChange={(event) => toggle(event.currentTarget.checked)}
    />
  );
}
