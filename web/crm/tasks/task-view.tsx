import { Button, Group } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { lazy } from 'react';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { tasks, type Task } from '../../api/task-queries.ts';
import { viewOf } from '../../record/object-view.ts';
import { notifyError } from '../../ui/notify.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { DueDay } from './due-day.tsx';
import { TaskPriority } from './task-priority.tsx';
import { TaskToggle } from './task-toggle.tsx';

/** Loaded on demand: the page of a task has no table. */
const TaskList = lazy(async () => ({ default: (await import('./task-list.tsx')).TaskList }));

/** A task is completed in the list or on its page, not in its form. */
export const taskView = viewOf<Task>({
  fields: {
    status: { Input: null, Cell: null, Value: null },
    priority: {
      Cell: ({ record: { priority } }) => <TaskPriority priority={priority} />,
      Value: ({ record: { priority } }) => <TaskPriority priority={priority} />,
    },
    completed_at: { label: 'Completed' },
    due_date: {
      label: 'Due',
      Cell: ({ record }) => <DueDay task={record} />,
      Value: ({ record }) => <DueDay task={record} />,
      column: { width: '12rem' },
    },
    assignee_id: { column: { width: '10rem', desktopOnly: false } },
  },
  emptyText: 'Keep track of what to do next. Link a task to a contact, a company or a deal.',
  Title: ({ record, children }) => (
    <Group gap="sm" wrap="nowrap">
      <TaskToggle task={record} />
      {children}
    </Group>
  ),
  isDone: ({ status }) => status === 'completed',
  Badge: ({ record: { status } }) => (
    <StateBadge tone={status === 'open' ? 'accent' : 'good'}>{status}</StateBadge>
  ),
  Actions: ({ record }) => <CompleteButton task={record} />,
  List: TaskList,
});

function CompleteButton({ task }: { task: Task }) {
  const { mutate: update, isPending } = useUpdateRecord(tasks);
  const isOpen = task.status === 'open';
  const toggle = () =>
    update(
      { id: task.id, version: task.version, change: { status: isOpen ? 'completed' : 'open' } },
      { onError: notifyError },
    );
  return (
    <Button
      variant="default"
      leftSection={isOpen && <IconCheck size={15} />}
      loading={isPending}
      onClick={toggle}
    >
      {isOpen ? 'Complete' : 'Reopen'}
    </Button>
  );
}
