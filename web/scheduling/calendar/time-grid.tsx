import {
  DndContext,
  MouseSensor,
  TouchSensor,
  useDraggable,
  useSensor,
  useSensors,
  type DragEndEvent,
} from '@dnd-kit/core';
import { useEffect, useRef, type CSSProperties, type MouseEvent } from 'react';
import type { Appointment } from '../../api/appointment-queries.ts';
import { styledText, today } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { EntryFace, hostStyle } from './calendar-entry.tsx';
import { addDays, partsOf, placeOf, timeAt, type DayPart } from './calendar-days.ts';
import classes from './calendar.module.css';

/** Appointments are moved by quarters of an hour. */
const SNAP_MINUTES = 15;
/** A click in an empty place is rounded down to half an hour. */
const CLICK_MINUTES = 30;
const FIRST_HOUR_SHOWN = 7.5;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** A time in which a member cannot be booked. */
export interface BusyTime {
  start: string;
  end: string;
  label: string;
}

export interface CalendarActions {
  /** Undefined: the session may not write. */
  onMove?: ((appointment: Appointment, start: string) => void) | undefined;
  onCreate?: ((start: string) => void) | undefined;
}

interface GridProps extends CalendarActions {
  days: readonly string[];
  appointments: readonly Appointment[];
  busy: readonly BusyTime[];
  colorOf: (hostId: string | null) => string;
}

/** Days side by side, with their hours from top to bottom. Appointments are dragged to another time. */
export function TimeGrid({ days, appointments, busy, colorOf, onMove, onCreate }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useRef<HTMLDivElement>(null);
  const sensors = useSensors(
    // A click that moves by a few pixels still opens the appointment.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    // A long press; a swipe scrolls.
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
  );
  useEffect(() => {
    const box = scroller.current;
    if (box) box.scrollTop = (box.scrollHeight / 24) * FIRST_HOUR_SHOWN;
  }, []);

  const drop = ({ active, delta }: DragEndEvent) => {
    const box = columns.current;
    if (!box || !onMove) return;
    const appointment = active.data.current as Appointment;
    const byDays = Math.round(delta.x / (box.clientWidth / days.length));
    const byMinutes = snapped((delta.y / box.clientHeight) * 1440);
    if (byDays === 0 && byMinutes === 0) return;
    const { day, minute } = placeOf(appointment.starts_at);
    onMove(appointment, timeAt(addDays(day, byDays), minute + byMinutes));
  };
  return (
    <div className={classes.grid} style={{ '--days': days.length } as CSSProperties}>
      {/* A scrollable region must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={classes.scroller} ref={scroller} tabIndex={0} aria-label="Hours">
        <div className={classes.dayNames}>
          {days.map((day) => (
            <DayName key={day} day={day} />
          ))}
        </div>
        <div className={classes.hours} aria-hidden>
          {HOURS.map((hour) => (
            <span key={hour}>{hour === 0 ? '' : hourText(hour)}</span>
          ))}
        </div>
        <DndContext sensors={sensors} onDragEnd={drop} accessibility={NO_INSTRUCTIONS}>
          <div className={classes.columns} ref={columns}>
            {days.map((day) => (
              <DayColumn
                key={day}
                day={day}
                appointments={appointments}
                busy={busy}
                colorOf={colorOf}
                onMove={onMove}
                onCreate={onCreate}
              />
            ))}
          </div>
        </DndContext>
      </section>
    </div>
  );
}

/** The keyboard moves an appointment with the form on its page. */
const NO_INSTRUCTIONS = { screenReaderInstructions: { draggable: 'Open the appointment to reschedule it.' } };

function DayColumn({
  day,
  appointments,
  busy,
  colorOf,
  onMove,
  onCreate,
}: Omit<GridProps, 'days'> & { day: string }) {
  const create = ({ target, currentTarget, clientY }: MouseEvent<HTMLElement>) => {
    if (target !== currentTarget || !onCreate) return;
    const { top, height } = currentTarget.getBoundingClientRect();
    const minute = ((clientY - top) / height) * 1440;
    onCreate(timeAt(day, Math.floor(minute / CLICK_MINUTES) * CLICK_MINUTES));
  };
  return (
    // The button "New appointment" does the same by keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      className={classes.column}
      data-today={day === today() || undefined}
      data-day={day}
      data-creates={onCreate ? true : undefined}
      onClick={create}
    >
      {partsOf(day, busy, (item) => item).map((part) => (
        <div
          key={`${part.item.start}-${part.item.label}`}
          className={classes.busy}
          style={placeStyle({ ...part, column: 0, columns: 1 })}
        >
          {part.item.label}
        </div>
      ))}
      {partsOf(day, appointments, ({ starts_at: start, ends_at: end }) => ({ start, end })).map((part) => (
        <Entry
          key={part.item.id}
          part={part}
          color={colorOf(part.item.host_id)}
          isMovable={onMove !== undefined}
        />
      ))}
      {day === today() && <NowLine />}
    </div>
  );
}

function Entry({
  part,
  color,
  isMovable,
}: {
  part: DayPart<Appointment>;
  color: string;
  isMovable: boolean;
}) {
  const { item: appointment, from, to } = part;
  const { status } = appointment;
  const { setNodeRef, listeners, transform, isDragging } = useDraggable({
    id: appointment.id,
    data: appointment,
    disabled: !isMovable || (status !== 'booked' && status !== 'pending'),
  });
  return (
    // The page of the appointment moves it by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={setNodeRef}
      className={classes.entry}
      data-status={status}
      data-short={to - from <= 30 || undefined}
      data-dragging={isDragging || undefined}
      data-movable={listeners ? true : undefined}
      style={{
        ...placeStyle(part),
        ...hostStyle(color),
        ...(transform && { transform: `translate(${transform.x}px, ${transform.y}px)` }),
      }}
      onMouseDown={listeners?.['onMouseDown'] as React.MouseEventHandler}
      onTouchStart={listeners?.['onTouchStart'] as React.TouchEventHandler}
    >
      <EntryFace appointment={appointment} isShort={to - from <= 30} isTimeLast />
    </div>
  );
}

function DayName({ day }: { day: string }) {
  const at = Date.parse(day);
  return (
    <span className={classes.dayName} data-today={day === today() || undefined}>
      {styledText(at, { weekday: 'short', timeZone: 'UTC' })}{' '}
      <b>{styledText(at, { day: 'numeric', timeZone: 'UTC' })}</b>
    </span>
  );
}

function NowLine() {
  const { minute } = placeOf(new Date(useNow()).toISOString());
  return <div className={classes.now} style={{ top: `${(minute / 1440) * 100}%` }} />;
}

function placeStyle({ from, to, column, columns }: Omit<DayPart<unknown>, 'item'>): CSSProperties {
  return {
    top: `${(from / 1440) * 100}%`,
    height: `${((to - from) / 1440) * 100}%`,
    left: `${(column / columns) * 100}%`,
    width: `${100 / columns}%`,
  };
}

function hourText(hour: number): string {
  const at = Date.UTC(2024, 0, 1, hour);
  return styledText(at, { hour: 'numeric', timeZone: 'UTC' });
}

function snapped(minutes: number): number {
  return Math.round(minutes / SNAP_MINUTES) * SNAP_MINUTES;
}
