import { DateTimePicker } from '../ui/date-inputs.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { localOf, utcOf } from '../ui/format.ts';
import { MomentFilter } from '../ui/time-filter.tsx';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

/** The form holds the time in UTC, as the API does; the input shows it in the workspace's time zone. */
function Input(props: InputProps) {
  const { value, onChange, ...input } = inputProps(props);
  return (
    <DateTimePicker
      {...input}
      value={value ? localOf(value as string) : null}
      onChange={(local) => (onChange as (utc: string | null) => void)(local === null ? null : utcOf(local))}
      clearable={!props.field.required}
    />
  );
}

function Shown({ value }: ShownProps) {
  return <Moment at={String(value)} />;
}

function Filter({ field, value, onChange }: FilterProps) {
  return <MomentFilter label={field.label} value={value} onChange={onChange} />;
}

export const datetime: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter,
  empty: null,
  isShort: true,
  column: { width: '8rem', desktopOnly: true },
};
