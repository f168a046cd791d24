import { PersonFilter, PersonName, PersonPicker } from '../record/person.tsx';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

function Input(props: InputProps) {
  return <PersonPicker {...inputProps(props)} />;
}

function Shown({ value }: ShownProps) {
  return <PersonName id={String(value)} />;
}

function Filter({ field, value, onChange }: FilterProps) {
  return <PersonFilter label={field.label} value={value} onChange={onChange} />;
}

export const user: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter,
  empty: null,
  isShort: false,
  column: { width: '8rem', desktopOnly: true },
};
