import { Text } from '@mantine/core';
import type { Task } from '../../api/task-queries.ts';
import { today } from '../../ui/format.ts';
import { Day } from '../../ui/relative-time.tsx';

/** The due date of a task; marks an open task as overdue. */
export function DueDay({ task }: { task: Pick<Task, 'due_date' | 'status'> }) {
  if (task.due_date === null) return null;
  const isOverdue = task.status === 'open' && task.due_date < today();
  return (
    <Text component="span" size="sm" c={isOverdue ? 'var(--mantine-color-error)' : 'inherit'}>
      <Day date={task.due_date} />
      {isOverdue && ' · overdue'}
    </Text>
  );
}
