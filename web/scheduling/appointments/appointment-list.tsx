import { useMediaQuery } from '@mantine/hooks';
import {
  IconCalendarMonth,
  IconCalendarWeek,
  IconLayoutColumns,
  IconList,
  IconTable,
} from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { ObjectType } from '../../api/object-queries.ts';
import { useListSearch } from '../../record/list-search.ts';
import { RecordList } from '../../record/record-list.tsx';
import { ViewSwitch } from '../../ui/view-switch.tsx';
import { AppointmentsOff } from './appointments-off.tsx';

/** Loaded on demand: a table has no drag-and-drop. */
const AppointmentCalendar = lazy(async () => ({
  default: (await import('../calendar/appointment-calendar.tsx')).AppointmentCalendar,
}));

/** A calendar shows the appointments of its days. */
const HIDDEN_IN_CALENDAR = ['starts_at', 'ends_at'];

const DAY = { value: 'day', label: 'Day', icon: IconLayoutColumns } as const;
const TABLE = { value: 'table', label: 'Table', icon: IconTable } as const;
const DESKTOP_VIEWS = [
  DAY,
  { value: 'week', label: 'Week', icon: IconCalendarWeek },
  { value: 'month', label: 'Month', icon: IconCalendarMonth },
  TABLE,
] as const;
/** A phone has no room for days side by side. */
const PHONE_VIEWS = [DAY, { value: 'agenda', label: 'List', icon: IconList }, TABLE] as const;

/** All appointments: as a calendar or as a table. */
export function AppointmentList({ object }: { object: ObjectType }) {
  const isPhone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const [{ view }, onSearch] = useListSearch();
  const views = isPhone ? PHONE_VIEWS : DESKTOP_VIEWS;
  const shown = views.find(({ value }) => value === view)?.value ?? (isPhone ? 'day' : 'week');
  return (
    <RecordList
      object={object}
      hiddenFilters={shown === 'table' ? undefined : HIDDEN_IN_CALENDAR}
      tools={
        <ViewSwitch
          views={views}
          value={shown}
          onChange={(chosen) =>
            onSearch({ view: chosen, sort: chosen === 'table' ? '-starts_at' : undefined })
          }
        />
      }
      customView={
        shown === 'table'
          ? undefined
          : (filter) => (
              <>
                <AppointmentsOff />
                <Suspense>
                  <AppointmentCalendar object={object} view={shown} filter={filter} />
                </Suspense>
              </>
            )
      }
    />
  );
}
