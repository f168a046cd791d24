import { TextInput } from '@mantine/core';
import type { DateInputProps, DateTimePickerProps } from '@mantine/dates';
import { lazy, Suspense } from 'react';
import { dayPattern, firstDayOfWeek, momentPattern, parseDay } from './format.ts';

/** Loaded on demand: the calendar is as large as all our own pieces. */
const LoadedDate = lazy(async () => ({ default: (await import('./calendar.tsx')).DateInput }));
const LoadedTime = lazy(async () => ({ default: (await import('./calendar.tsx')).DateTimePicker }));

/** An input for a date, typed and shown as the workspace does; its value is `YYYY-MM-DD`. */
export function DateInput(props: DateInputProps) {
  return (
    <Suspense fallback={<Pending {...props} />}>
      <LoadedDate
        valueFormat={dayPattern()}
        firstDayOfWeek={firstDayOfWeek()}
        dateParser={parseDay}
        {...props}
      />
    </Suspense>
  );
}

/** An input for a date and a time, shown as the workspace does; its value is `YYYY-MM-DD HH:mm:ss`, without a time zone. */
export function DateTimePicker(props: DateTimePickerProps) {
  return (
    <Suspense fallback={<Pending {...props} />}>
      <LoadedTime valueFormat={momentPattern()} firstDayOfWeek={firstDayOfWeek()} {...(props as object)} />
    </Suspense>
  );
}

/** Takes the same room. */
function Pending({ label, className }: Pick<DateInputProps, 'label' | 'className'>) {
  return <TextInput label={label} className={className ?? ''} disabled />;
}
