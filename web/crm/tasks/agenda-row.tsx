import { Text } from '@mantine/core';
import type { AgendaTask } from '../../api/task-queries.ts';
import { paths } from '../../paths.ts';
import { PersonName } from '../../record/person.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { DueDay } from './due-day.tsx';
import classes from './task-agenda.module.css';
import { TaskPriority } from './task-priority.tsx';
import { TaskToggle } from './task-toggle.tsx';

/** A task: one click on its circle completes it. */
export function AgendaRow({ task }: { task: AgendaTask }) {
  const isDone = task.status === 'completed';
  return (
    <li className={classes.row}>
      <TaskToggle task={task} />
      <div className={classes.what}>
        <TextLink
          {...paths.record('tasks', task.id)}
          className={classes.title}
          data-done={isDone || undefined}
        >
          {task.title}
        </TextLink>
        <About task={task} />
      </div>
      <div className={classes.facts}>
        <span className={classes.priority}>
          {task.priority !== 'medium' && <TaskPriority priority={task.priority} />}
        </span>
        <span className={classes.due}>
          {isDone && task.completed_at !== null ? (
            <Text component="span" size="sm" c="dimmed">
              <Moment at={task.completed_at} />
            </Text>
          ) : (
            <DueDay task={task} />
          )}
        </span>
        <span className={classes.assignee}>
          <PersonName id={task.assignee_id} />
        </span>
      </div>
    </li>
  );
}

/** Links to the records that the task is about. */
function About({ task: { contact, company, deal } }: { task: AgendaTask }) {
  const linked = [
    { plural: 'contacts', record: contact },
    { plural: 'companies', record: company },
    { plural: 'deals', record: deal },
  ].flatMap(({ plural, record }) =>
    record && record.name !== null ? [{ plural, id: record.id, name: record.name }] : [],
  );
  if (linked.length === 0) return null;
  return (
    <span className={classes.about}>
      {linked.map(({ plural, id, name }) => (
        <TextLink key={id} {...paths.record(plural, id)} c="dimmed">
          {name}
        </TextLink>
      ))}
    </span>
  );
}
