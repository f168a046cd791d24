import { useQuery } from '@tanstack/react-query';
import { agendaQuery } from '../api/agenda-queries.ts';
import { useSession } from '../api/session-queries.ts';
import { DueDay } from '../crm/tasks/due-day.tsx';
import { TaskToggle } from '../crm/tasks/task-toggle.tsx';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const MAX_SHOWN = 10;

/** The user's open tasks that are due or overdue. The checkbox completes one. */
export function DueTasks() {
  const { user } = useSession();
  const { data, error, refetch } = useQuery(agendaQuery);
  const due = data?.tasks;
  return (
    <HomeSection
      title="My tasks"
      count={due?.total_count}
      link={
        <TextLink {...paths.records('tasks')} search={{ status: 'open', assignee_id: user.id }} size="sm">
          All my open tasks
        </TextLink>
      }
      isLoaded={data !== undefined}
      error={error}
      onRetry={() => void refetch()}
      empty="Nothing is due today."
    >
      {(due?.data ?? []).slice(0, MAX_SHOWN).map((task) => (
        <li key={task.id}>
          <TaskToggle task={task} />
          <TextLink {...paths.record('tasks', task.id)} className={classes.name}>
            {task.title}
          </TextLink>
          <span className={classes.aside}>
            <DueDay task={task} />
          </span>
        </li>
      ))}
    </HomeSection>
  );
}
