import { Group } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { PRIORITIES, tasks, type Task } from '../../api/task-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SelectFilter } from '../../ui/filters.tsx';
import { Moment } from '../../ui/moment.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { PersonFilter, PersonName } from '../person.tsx';
import { RecordsPage } from '../records-page.tsx';
import { DueDay } from './due-day.tsx';
import { TaskForm } from './task-form.tsx';
import { TaskPriority } from './task-priority.tsx';
import { TaskToggle } from './task-toggle.tsx';

const route = getRouteApi('/inside/tasks');

const column = columnsFor<Task>();
const COLUMNS = column.columns([
  column.accessor('title', {
    header: 'Title',
    cell: ({ row: { original: task } }) => (
      <Group gap="sm" wrap="nowrap">
        <TaskToggle task={task} />
        <RowLink {...paths.task(task.id)} data-done={task.status === 'completed' || undefined}>
          {task.title}
        </RowLink>
      </Group>
    ),
  }),
  column.accessor('priority', {
    header: 'Priority',
    meta: { width: '8rem' },
    cell: ({ getValue }) => <TaskPriority priority={getValue()} />,
  }),
  column.accessor('due_date', {
    header: 'Due',
    meta: { width: '12rem' },
    cell: ({ row }) => <DueDay task={row.original} />,
  }),
  column.accessor('assignee_id', {
    header: 'Assignee',
    meta: { width: '10rem' },
    cell: ({ getValue }) => <PersonName id={getValue()} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '8rem', sort: 'created_at', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
  column.accessor('updated_at', {
    header: 'Updated',
    meta: { width: '8.5rem', sort: 'updated_at', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

export function TaskList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <RecordsPage
      title="Tasks"
      noun="task"
      queries={tasks}
      columns={COLUMNS}
      search={search}
      onSearch={onSearch}
      filters={
        <>
          <SelectFilter
            label="Status"
            value={search.status}
            onChange={(status) => onSearch({ status })}
            options={['open', 'completed'].map((status) => ({ value: status, label: fieldLabel(status) }))}
          />
          <SelectFilter
            label="Priority"
            value={search.priority}
            onChange={(priority) => onSearch({ priority })}
            options={PRIORITIES.map((priority) => ({ value: priority, label: fieldLabel(priority) }))}
          />
          <PersonFilter
            label="Assignee"
            value={search.assignee_id}
            onChange={(assignee) => onSearch({ assignee_id: assignee })}
          />
        </>
      }
      empty={(create) => (
        <EmptyState icon={IconCircleCheck} title="No tasks yet">
          Keep track of what to do next. Link a task to a contact, a company or a deal.
          {create}
        </EmptyState>
      )}
      form={(close) => (
        <TaskForm task={null} onClose={close} onSaved={({ id }) => void navigate(paths.task(id))} />
      )}
    />
  );
}
