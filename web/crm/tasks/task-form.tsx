import { Group, Select, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { PRIORITIES, tasks, type Task } from '../../api/task-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { PersonPicker } from '../person.tsx';
import { CompanyPicker, ContactPicker, DealPicker } from '../record-picker.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';

const toFormValues = (task: Task | null) => ({
  title: task?.title ?? '',
  description: task?.description ?? '',
  priority: task?.priority ?? 'medium',
  due_date: task?.due_date ?? null,
  assignee_id: task?.assignee_id ?? null,
  contact_id: task?.contact_id ?? null,
  company_id: task?.company_id ?? null,
  deal_id: task?.deal_id ?? null,
});

/** Creates or edits a task. A task is completed in the list or on its page. */
export function TaskForm({
  task,
  onClose,
  onSaved,
}: {
  task: Task | null;
  onClose: () => void;
  onSaved: (task: Task) => void;
}) {
  const api = useRecordForm(tasks, task, toFormValues, onSaved);
  const { form } = api;
  return (
    <RecordDrawer noun="task" isNew={task === null} api={api} onClose={onClose}>
      <TextInput label="Title" required data-autofocus {...form.getInputProps('title')} />
      <Textarea
        label="Description"
        autosize
        minRows={3}
        maxRows={12}
        {...form.getInputProps('description')}
      />
      <Group grow align="flex-start">
        <Select
          label="Priority"
          data={PRIORITIES.map((priority) => ({ value: priority, label: fieldLabel(priority) }))}
          allowDeselect={false}
          {...form.getInputProps('priority')}
        />
        <DateInput label="Due date" valueFormat="YYYY-MM-DD" clearable {...form.getInputProps('due_date')} />
      </Group>
      <PersonPicker label="Assignee" {...form.getInputProps('assignee_id')} />
      <ContactPicker {...form.getInputProps('contact_id')} />
      <CompanyPicker {...form.getInputProps('company_id')} />
      <DealPicker {...form.getInputProps('deal_id')} />
    </RecordDrawer>
  );
}
