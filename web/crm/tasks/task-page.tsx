import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { tasks, type Task } from '../../api/task-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { Property } from '../../ui/property-list.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { PersonName } from '../person.tsx';
import { CompanyLink, ContactLink, DealLink } from '../record-link.tsx';
import { RecordPage } from '../record-page.tsx';
import { DueDay } from './due-day.tsx';
import { TaskForm } from './task-form.tsx';
import { TaskPriority } from './task-priority.tsx';

const route = getRouteApi('/inside/tasks/$id');

export function TaskPage() {
  const { id } = route.useParams();
  return (
    <RecordPage
      key={id}
      id={id}
      noun="task"
      queries={tasks}
      breadcrumb={<TextLink {...paths.tasks()}>Tasks</TextLink>}
      titleOf={({ title }) => title}
      badge={({ status }) => <StateBadge tone={status === 'open' ? 'accent' : 'good'}>{status}</StateBadge>}
      actions={(task) => <CompleteButton task={task} />}
      properties={(task) => (
        <>
          <Property name="Priority">
            <TaskPriority priority={task.priority} />
          </Property>
          <Property name="Due">{task.due_date && <DueDay task={task} />}</Property>
          {task.completed_at && (
            <Property name="Completed">
              <Moment at={task.completed_at} />
            </Property>
          )}
          <Property name="Assignee">{task.assignee_id && <PersonName id={task.assignee_id} />}</Property>
          <Property name="Contact">{task.contact_id && <ContactLink id={task.contact_id} />}</Property>
          <Property name="Company">{task.company_id && <CompanyLink id={task.company_id} />}</Property>
          <Property name="Deal">{task.deal_id && <DealLink id={task.deal_id} />}</Property>
        </>
      )}
      notes={({ description }) => description}
      form={(task, close) => <TaskForm task={task} onClose={close} onSaved={close} />}
      back={paths.tasks()}
    />
  );
}

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
