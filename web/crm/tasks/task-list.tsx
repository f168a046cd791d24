import { IconListCheck, IconTable } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { ObjectType } from '../../api/object-queries.ts';
import { useListSearch } from '../../record/list-search.ts';
import { RecordList } from '../../record/record-list.tsx';
import { ViewSwitch } from '../../ui/view-switch.tsx';

const TaskAgenda = lazy(async () => ({ default: (await import('./task-agenda.tsx')).TaskAgenda }));

/** The views of the agenda show tasks by status and due date. */
const HIDDEN_IN_AGENDA = ['status', 'due_date'];

const VIEWS = [
  { value: 'agenda', label: 'Agenda', icon: IconListCheck },
  { value: 'table', label: 'Table', icon: IconTable },
] as const;

/** All tasks: open ones by due date, or as a table. */
export function TaskList({ object }: { object: ObjectType }) {
  const [{ view, status, due_date: due }, onSearch] = useListSearch();
  // A link to tasks with a status or a date is to a table.
  const isTable = view === 'table' || status !== undefined || due !== undefined;
  return (
    <RecordList
      object={object}
      hiddenFilters={isTable ? undefined : HIDDEN_IN_AGENDA}
      tools={
        <ViewSwitch
          views={VIEWS}
          value={isTable ? 'table' : 'agenda'}
          onChange={(chosen) =>
            onSearch(
              chosen === 'table'
                ? { view: chosen }
                : { view: undefined, status: undefined, due_date: undefined },
            )
          }
        />
      }
      customView={
        isTable
          ? undefined
          : (filter) => (
              <Suspense>
                <TaskAgenda filter={filter} />
              </Suspense>
            )
      }
    />
  );
}
