import { Input, InputBase } from '@mantine/core';
import { useRef, useState } from 'react';
import { DateTimePicker } from './date-inputs.tsx';
import { localOf, utcOf } from './format.ts';
import classes from './filters.module.css';

/** Filters a list by time, entered in the workspace's time zone. The calendar is loaded when it is opened. */
export function MomentFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  /** ISO 8601, in UTC. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [isUsed, setUsed] = useState(value !== undefined);
  const opens = useRef(value === undefined);
  const name = `Filter by time: ${label.toLowerCase()}`;
  if (!isUsed && value === undefined) {
    return (
      <InputBase
        component="button"
        type="button"
        pointer
        className={classes.moment}
        aria-label={name}
        onClick={() => setUsed(true)}
      >
        <Input.Placeholder>{label}</Input.Placeholder>
      </InputBase>
    );
  }
  return (
    <DateTimePicker
      // The click that loaded the calendar also opens it.
      ref={(button: HTMLButtonElement | null) => {
        if (!button || !opens.current) return;
        opens.current = false;
        button.click();
      }}
      className={classes.moment}
      aria-label={name}
      placeholder={label}
      value={value === undefined ? null : localOf(value)}
      onChange={(chosen) => onChange(chosen === null ? undefined : utcOf(chosen))}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
    />
  );
}
