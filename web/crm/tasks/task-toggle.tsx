import { Checkbox } from '@mantine/core';
import { tasks, type Task } from '../../api/task-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';

/** The checkbox that completes or reopens a task. */
export function TaskToggle({ task }: { task: Pick<Task, 'id' | 'version' | 'title' | 'status'> }) {
  const mayWrite = useHasScope('tasks:write');
  const { mutateAsync: update, isPending, variables } = useUpdateRecord(tasks);
  const setStatus = (status: Task['status'], version = task.version) =>
    update({ id: task.id, version, change: { status } });
  const toggle = (done: boolean) => {
    if (!done) notifyWhenDone(setStatus('open'), () => undefined);
    else
      notifyWhenDone(setStatus('completed'), ({ version }) =>
        // It leaves the list of open tasks.
        notifyDone(`${task.title} completed`, {
          label: 'Undo',
          run: () => notifyWhenDone(setStatus('open', version), () => notifyDone(`${task.title} reopened`)),
        }),
      );
  };
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
