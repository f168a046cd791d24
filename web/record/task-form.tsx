import { Button, TextInput } from '@mantine/core';
import { DateInput } from '../ui/date-inputs.tsx';
import type { ObjectType } from '../api/object-queries.ts';
import { useCreateRecord, type ObjectRecord } from '../api/record-queries.ts';
import { useSession } from '../api/session-queries.ts';
import { tasks } from '../api/task-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import classes from './activity-composer.module.css';
import { PersonPicker } from './person.tsx';

interface Values {
  title: string;
  due_date: string | null;
  assignee_id: string | null;
}

/** Adds a task to a record. @param links the record, by field */
export function TaskForm({
  object,
  record,
  links,
}: {
  object: ObjectType;
  record: ObjectRecord;
  links: Readonly<Record<string, string>>;
}) {
  const { user } = useSession();
  const { mutateAsync: create } = useCreateRecord(tasks);
  const empty: Values = { title: '', due_date: null, assignee_id: user.id };
  const api = useApiForm<Values>(empty, async (values, form) => {
    await create({ ...sharedLinks(object, record), ...values, ...links });
    form.setValues(empty);
    notifyDone(`Task ${values.title.trim()} added`);
  });
  return (
    <form className={classes.root} data-plain onSubmit={api.onSubmit} noValidate>
      <TextInput aria-label="Task" placeholder="What is to be done?" {...api.form.getInputProps('title')} />
      <div className={classes.details}>
        <DateInput label="Due" clearable {...api.form.getInputProps('due_date')} />
        <PersonPicker label="Assignee" {...api.form.getInputProps('assignee_id')} />
      </div>
      {api.error && <ErrorPanel error={api.error} />}
      <div className={classes.buttons}>
        <span className={classes.hint} />
        <Button type="submit" size="xs" loading={api.busy}>
          Add task
        </Button>
      </div>
    </form>
  );
}

/** A task of a deal is also one of its contact and its company. */
function sharedLinks(object: ObjectType, record: ObjectRecord): { contact_id?: string; company_id?: string } {
  const keys = (['contact_id', 'company_id'] as const).filter(
    (key) => object.key !== 'lead' && typeof record[key] === 'string',
  );
  return Object.fromEntries(keys.map((key) => [key, record[key] as string]));
}
