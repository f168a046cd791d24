import { TextInput } from '@mantine/core';
import { useObject } from '../api/object-queries.ts';
import { RecordLink, RecordName } from '../record/record-link.tsx';
import { recordTitle } from '../record/record-title.ts';
import { RecordPicker } from '../record/record-picker.tsx';
import filterClasses from '../ui/filters.module.css';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';
import { ExactFilter } from './text.tsx';

/** An ID is entered by hand if the session may not read the records that it could be. */
function Input(props: InputProps) {
  const object = useObject(props.field.references);
  return object ? (
    <RecordPicker object={object} mayCreate {...inputProps(props)} />
  ) : (
    <TextInput {...inputProps(props)} value={(props.input.value as string | null) ?? ''} />
  );
}

/** A list may contain the records that its own reference. */
function Cell({ field, value, record }: ShownProps) {
  const object = useObject(field.references);
  const expanded = record['expanded'] as Readonly<Record<string, object | null>> | undefined;
  const known = expanded?.[field.key];
  if (object && known) return recordTitle(object, known);
  return <RecordName objectKey={field.references} id={String(value)} />;
}

function Value({ field, value }: ShownProps) {
  return <RecordLink objectKey={field.references} id={String(value)} />;
}

function Filter(props: FilterProps) {
  const { field, value, onChange } = props;
  const object = useObject(field.references);
  if (!object) return <ExactFilter {...props} />;
  return (
    <RecordPicker
      object={object}
      className={filterClasses.select}
      aria-label={`Filter by ${field.label.toLowerCase()}`}
      placeholder={field.label}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}

export const record: FieldKind = {
  Input,
  Cell,
  Value,
  Filter,
  empty: null,
  isShort: false,
  column: { width: '16%' },
};
