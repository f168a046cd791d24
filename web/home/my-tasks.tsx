import { useQuery } from '@tanstack/react-query';
import { agendaQuery } from '../api/agenda-queries.ts';
import { useSession } from '../api/session-queries.ts';
import type { Task } from '../api/task-queries.ts';
import { DueDay } from '../crm/tasks/due-day.tsx';
import { TaskToggle } from '../crm/tasks/task-toggle.tsx';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const MAX_DUE = 10;
const MAX_LATER = 5;

/** The user's open tasks: those due by today, then the others. The checkbox completes one. */
export function MyTasks() {
  const { user } = useSession();
  const { data, error, refetch } = useQuery(agendaQuery);
  const later = data?.later_tasks;
  const all = { status: 'open', assignee_id: user.id };
  return (
    <>
      <HomeSection
        title="My tasks"
        count={data?.tasks?.total_count}
        link={
          <TextLink {...paths.records('tasks')} search={all} size="sm">
            All my open tasks
          </TextLink>
        }
        isLoaded={data !== undefined}
        error={error}
        onRetry={() => void refetch()}
        empty="Nothing is due today."
      >
        {(data?.tasks?.data ?? []).slice(0, MAX_DUE).map((task) => (
          <Item key={task.id} task={task} />
        ))}
      </HomeSection>
      {later && later.total_count > 0 && (
        <HomeSection title="My later tasks" count={later.total_count} isLoaded empty="">
          {later.data.slice(0, MAX_LATER).map((task) => (
            <Item key={task.id} task={task} />
          ))}
        </HomeSection>
      )}
    </>
  );
}

function Item({ task }: { task: Task }) {
  return (
    <li>
      <TaskToggle task={task} />
      <TextLink {...paths.record('tasks', task.id)} className={classes.name}>
        {task.title}
      </TextLink>
      <span className={classes.aside}>{task.due_date === null ? 'No date' : <DueDay task={task} />}</span>
    </li>
  );
}
