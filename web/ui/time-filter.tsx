import { DateTimePicker } from './date-inputs.tsx';
import classes from './filters.module.css';

/** Filters a list by time, entered in the local time zone. */
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
      valueFormat="D MMM YYYY HH:mm"
      value={value === undefined ? null : localOf(value)}
      onChange={(chosen) => onChange(chosen === null ? undefined : utcOf(chosen))}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
    />
  );
}

/** Local time `2026-06-01 14:00:00` to ISO 8601 in UTC. */
export function utcOf(local: string): string {
  return new Date(local.replace(' ', 'T')).toISOString();
}

export function localOf(utc: string): string {
  const at = new Date(utc);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 19).replace('T', ' ');
}
