import { Badge, Button, Group, Skeleton, Switch, Tabs, Title } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Query } from '../../api/client.ts';
import { useHasScope, useSession } from '../../api/session-queries.ts';
import { agendaQuery, type AgendaTask, type AgendaView } from '../../api/task-queries.ts';
import { useListSearch } from '../../record/list-search.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LoadMore } from '../../ui/load-more.tsx';
import { numberText, today } from '../../ui/format.ts';
import { AgendaRow } from './agenda-row.tsx';
import classes from './task-agenda.module.css';

interface View {
  view: AgendaView;
  label: string;
  /** Shown if there is no task. */
  empty: string;
}

const OPEN: View = { view: 'open', label: 'Open', empty: 'Nothing to do' };

const VIEWS: readonly View[] = [
  OPEN,
  { view: 'overdue', label: 'Overdue', empty: 'Nothing is overdue' },
  { view: 'today', label: 'Today', empty: 'Nothing is due today' },
  { view: 'upcoming', label: 'Upcoming', empty: 'Nothing is planned' },
  { view: 'completed', label: 'Completed', empty: 'No completed tasks' },
];

/** Tasks in the order in which they are done: open ones by due date. */
export function TaskAgenda({ filter }: { filter: Query }) {
  const [{ view: chosen }, onSearch] = useListSearch();
  const { view, empty } = VIEWS.find((item) => item.view === chosen) ?? OPEN;
  const { user } = useSession();
  const list = useInfiniteQuery(agendaQuery(view, today(), filter));
  const counts = list.data?.counts;
  return (
    <div className={classes.body}>
      <div className={classes.bar}>
        <Tabs
          value={view}
          onChange={(value) => onSearch({ view: value === 'open' ? undefined : (value ?? undefined) })}
          className={classes.tabs}
        >
          <Tabs.List aria-label="Tasks">
            {VIEWS.map(({ view: value, label }) => (
              <Tabs.Tab key={value} value={value} rightSection={<Count view={value} counts={counts} />}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs>
        <Switch
          size="xs"
          label="Assigned to me"
          checked={filter['assignee_id'] === user.id}
          onChange={(event) => onSearch({ assignee_id: event.currentTarget.checked ? user.id : undefined })}
        />
      </div>
      {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton height={160} />}
      {list.data?.tasks.length === 0 && (
        <EmptyState icon={IconCircleCheck} title={empty}>
          {view === 'open' && <NewTask />}
        </EmptyState>
      )}
      {list.data &&
        groupsOf(list.data.tasks, view).map(({ title, tasks }) => (
          <section key={title} aria-label={title}>
            <Title order={2} className={classes.group}>
              {title}
            </Title>
            <ul className={classes.list}>
              {tasks.map((task) => (
                <AgendaRow key={task.id} task={task} />
              ))}
            </ul>
          </section>
        ))}
      <Group justify="center" mt="md">
        <LoadMore list={list} />
      </Group>
    </div>
  );
}

function NewTask() {
  const mayWrite = useHasScope('tasks:write');
  const [, onSearch] = useListSearch();
  return mayWrite && <Button onClick={() => onSearch({ create: true })}>New task</Button>;
}

type Counts = Readonly<Record<Exclude<AgendaView, 'completed'>, number>>;

function Count({ view, counts }: { view: AgendaView; counts: Counts | undefined }) {
  const count = view === 'completed' ? 0 : (counts?.[view] ?? 0);
  if (count === 0) return null;
  return (
    <Badge size="sm" variant="light" color={view === 'overdue' ? 'red' : 'gray'}>
      {numberText(count)}
    </Badge>
  );
}

interface Group {
  title: string;
  tasks: AgendaTask[];
}

/** Tasks under headings, in their order. */
function groupsOf(tasks: readonly AgendaTask[], view: AgendaView): Group[] {
  const groups: Group[] = [];
  for (const task of tasks) {
    const title = view === 'completed' ? 'Completed' : groupTitle(task.due_date);
    const last = groups.at(-1);
    if (last?.title === title) last.tasks.push(task);
    else groups.push({ title, tasks: [task] });
  }
  return groups;
}

function groupTitle(due: string | null): string {
  if (due === null) return 'No due date';
  const day = today();
  if (due < day) return 'Overdue';
  return due === day ? 'Today' : 'Upcoming';
}
