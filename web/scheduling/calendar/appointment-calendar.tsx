import { ActionIcon, Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { appointmentsBetween, type Appointment } from '../../api/appointment-queries.ts';
import { availabilityQuery, timeOffQuery } from '../../api/availability-queries.ts';
import type { Query } from '../../api/client.ts';
import type { ObjectType } from '../../api/object-queries.ts';
import { useHasScope, useSession } from '../../api/session-queries.ts';
import { useListSearch } from '../../record/list-search.ts';
import { useMembers } from '../../record/person.tsx';
import { RecordFormDrawer } from '../../record/record-form-drawer.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { styledRangeText, styledText, today } from '../../ui/format.ts';
import { notifyDone } from '../../ui/notify.tsx';
import { whenText } from '../appointments/appointment-time.ts';
import { boundsOf, shiftedDay, shownDays, withoutTaken, type CalendarView } from './calendar-days.ts';
import { hostStyle } from './calendar-entry.tsx';
import classes from './calendar.module.css';
import { DayAgenda } from './day-agenda.tsx';
import { useHostColors } from './host-color.ts';
import { MonthGrid } from './month-grid.tsx';
import { TimeGrid, type BusyTime } from './time-grid.tsx';

const RescheduleForm = lazy(async () => ({
  default: (await import('../appointments/reschedule-form.tsx')).RescheduleForm,
}));

const NEW_MINUTES = 30;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Appointments by day and time. A drag moves one after a question; a click in an empty place creates one. */
export function AppointmentCalendar({
  object,
  view,
  filter,
}: {
  object: ObjectType;
  view: CalendarView;
  filter: Query;
}) {
  const [{ date }, onSearch] = useListSearch();
  const day = typeof date === 'string' && DAY.test(date) ? date : today();
  const days = useMemo(() => shownDays(view, day), [view, day]);
  const { from, to } = boundsOf(days);
  const mayWrite = useHasScope('appointments:write');
  const colorOf = useHostColors();
  const list = useQuery({ ...appointmentsBetween(from, to, filter), placeholderData: keepPreviousData });
  const [moved, setMoved] = useState<{ appointment: Appointment; start: string } | null>(null);
  const [newAt, setNewAt] = useState<string | null>(null);
  // A canceled appointment leaves its time free.
  const isCanceledShown = filter['status'] === 'canceled';
  const shown = useMemo(
    () => (list.data ?? []).filter(({ status }) => status !== 'canceled' || isCanceledShown),
    [list.data, isCanceledShown],
  );
  const busy = useBusyTimes(filter['host_id'], { from, to }, shown, view === 'day' || view === 'week');
  const actions = mayWrite
    ? {
        onMove: (appointment: Appointment, start: string) => setMoved({ appointment, start }),
        onCreate: setNewAt,
      }
    : {};
  return (
    <div className={classes.root}>
      <CalendarBar
        title={titleOf(view, day, days)}
        onToday={() => onSearch({ date: undefined })}
        onShift={(by) => onSearch({ date: shiftedDay(view, day, by) })}
      />
      <HostLegend appointments={shown} colorOf={colorOf} />
      {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {view === 'month' && (
        <MonthGrid
          days={days}
          month={day.slice(0, 7)}
          appointments={shown}
          colorOf={colorOf}
          onDay={(chosen) => onSearch({ view: 'day', date: chosen })}
          {...actions}
        />
      )}
      {(view === 'day' || view === 'week') && (
        <TimeGrid key={view} days={days} appointments={shown} busy={busy} colorOf={colorOf} {...actions} />
      )}
      {view === 'agenda' && list.data && <DayAgenda days={days} appointments={shown} colorOf={colorOf} />}
      <Suspense>
        {moved && (
          <RescheduleForm
            appointment={moved.appointment}
            start={moved.start}
            onClose={() => setMoved(null)}
          />
        )}
      </Suspense>
      {newAt !== null && (
        <NewAppointment
          object={object}
          start={newAt}
          hostId={filter['host_id']}
          onClose={() => setNewAt(null)}
        />
      )}
    </div>
  );
}

function CalendarBar({
  title,
  onToday,
  onShift,
}: {
  title: string;
  onToday: () => void;
  onShift: (by: 1 | -1) => void;
}) {
  return (
    <Group gap="xs" className={classes.bar} wrap="nowrap">
      <Button variant="default" size="xs" onClick={onToday}>
        Today
      </Button>
      <ActionIcon variant="subtle" color="gray" aria-label="Earlier" onClick={() => onShift(-1)}>
        <IconChevronLeft size={18} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label="Later" onClick={() => onShift(1)}>
        <IconChevronRight size={18} />
      </ActionIcon>
      <Text component="h2" className={classes.title} aria-live="polite">
        {title}
      </Text>
    </Group>
  );
}

/** The hosts of the appointments on view by colour, if there are several. */
function HostLegend({
  appointments,
  colorOf,
}: {
  appointments: readonly Appointment[];
  colorOf: (hostId: string | null) => string;
}) {
  const members = useMembers();
  const ids = [...new Set(appointments.map(({ host_id: id }) => id))];
  if (ids.length < 2) return null;
  return (
    <ul className={classes.legend} aria-label="Hosts">
      {ids.map((id) => (
        <li key={id} style={hostStyle(colorOf(id))}>
          {id === null ? 'No host' : (members.find((member) => member.id === id)?.name ?? 'Former member')}
        </li>
      ))}
    </ul>
  );
}

function NewAppointment({
  object,
  start,
  hostId,
  onClose,
}: {
  object: ObjectType;
  start: string;
  hostId: string | number | undefined;
  onClose: () => void;
}) {
  const { user } = useSession();
  const end = new Date(Date.parse(start) + NEW_MINUTES * 60_000).toISOString();
  return (
    <RecordFormDrawer
      object={object}
      record={null}
      initial={{ starts_at: start, ends_at: end, host_id: hostId === undefined ? user.id : String(hostId) }}
      onClose={onClose}
      onSaved={(saved) => {
        onClose();
        notifyDone(`Booked for ${whenText(saved as unknown as Appointment)}`);
      }}
    />
  );
}

/**
 * When a member cannot be booked, by time off and by their calendars: of the chosen host, else of the user. Appointments
 * that are on view say so themselves.
 */
function useBusyTimes(
  hostId: string | number | undefined,
  { from, to }: { from: string; to: string },
  appointments: readonly Appointment[],
  isShown: boolean,
): BusyTime[] {
  const { user } = useSession();
  const userId = hostId === undefined ? user.id : String(hostId);
  const isEnabled = useHasScope('booking:read') && isShown;
  const availability = useQuery({ ...availabilityQuery(userId, from, to), enabled: isEnabled });
  const timeOff = useQuery({ ...timeOffQuery(userId, from, to), enabled: isEnabled });
  return useMemo(() => {
    const off = (timeOff.data ?? []).map(({ starts_at: start, ends_at: end, reason }) => ({
      start,
      end,
      label: reason ? `Time off: ${reason}` : 'Time off',
    }));
    const busy = (availability.data?.busy ?? [])
      .filter((item) => !off.some(({ start, end }) => start <= item.start && item.end <= end))
      .map(({ start, end }) => ({ start, end, label: '' }));
    const own = appointments.filter(
      ({ host_id: id, co_host_ids: others }) => id === userId || others.includes(userId),
    );
    const taken = own.map(({ starts_at: start, ends_at: end }) => ({ start, end }));
    return [...withoutTaken(busy, taken), ...off];
  }, [availability.data, timeOff.data, appointments, userId]);
}

function titleOf(view: CalendarView, day: string, days: readonly string[]): string {
  const at = Date.parse(day);
  if (view === 'month') return styledText(at, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  if (view === 'day')
    return styledText(at, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      timeZone: 'UTC',
    });
  return styledRangeText(Date.parse(days[0] ?? day), Date.parse(days.at(-1) ?? day), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
