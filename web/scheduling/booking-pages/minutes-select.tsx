import { Select, type SelectProps } from '@mantine/core';

const HOUR = 60;
const DAY = 1440;

/** A length of time in words: `90` is `1 hour 30 minutes`. */
export function minutesText(minutes: number): string {
  if (minutes === 0) return 'None';
  const parts = [
    [Math.floor(minutes / DAY), 'day'],
    [Math.floor((minutes % DAY) / HOUR), 'hour'],
    [minutes % HOUR, 'minute'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ');
}

/** Options of lengths of time with the chosen ones, which may be others. */
export function minuteOptions(presets: readonly number[], chosen: readonly number[]) {
  return [...new Set([...presets, ...chosen])]
    .sort((a, b) => a - b)
    .map((minutes) => ({ value: String(minutes), label: minutesText(minutes) }));
}

/**
 * Chooses a length of time in minutes.
 * @param emptyLabel the option for null, if there is one
 * @param zeroLabel the option for 0
 */
export function MinutesSelect({
  presets,
  emptyLabel,
  zeroLabel,
  value,
  onChange,
  ...props
}: Omit<SelectProps, 'data' | 'value' | 'onChange'> & {
  presets: readonly number[];
  emptyLabel?: string;
  zeroLabel?: string;
  value?: number | null;
  onChange: (minutes: number | null) => void;
}) {
  const options = minuteOptions(presets, typeof value === 'number' ? [value] : []).map((option) =>
    option.value === '0' && zeroLabel !== undefined ? { ...option, label: zeroLabel } : option,
  );
  return (
    <Select
      {...props}
      data={emptyLabel === undefined ? options : [{ value: '', label: emptyLabel }, ...options]}
      value={typeof value === 'number' ? String(value) : ''}
      onChange={(chosen) => onChange(chosen ? Number(chosen) : emptyLabel === undefined ? 0 : null)}
      allowDeselect={false}
    />
  );
}
