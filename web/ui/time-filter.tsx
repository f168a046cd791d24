import { DateTimePicker } from './date-inputs.tsx';
import { localOf, utcOf } from './format.ts';
import classes from './filters.module.css';

/** Filters a list by time, entered in the workspace's time zone. */
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
  return (
    <DateTimePicker
      className={classes.moment}
      aria-label={`Filter by time: ${label.toLowerCase()}`}
      placeholder={label}
      value={value === undefined ? null : localOf(value)}
      onChange={(chosen) => onChange(chosen === null ? undefined : utcOf(chosen))}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
    />
  );
}
