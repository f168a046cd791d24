import type { GetInputPropsReturnType, UseFormReturnType } from '@mantine/form';
import type { ComponentType } from 'react';
import type { ObjectField } from '../api/object-queries.ts';
import { decimalText } from '../ui/format.ts';
import type { ObjectRecord } from '../api/record-queries.ts';

/** The value of a field in a form; an empty text counts as null. */
export type FormValue = string | number | boolean | string[] | null;
export type FormValues = Record<string, FormValue>;

export interface InputProps {
  field: ObjectField;
  /** The binding of the input to the form. */
  input: GetInputPropsReturnType;
  /** For fields that depend on each other. */
  form: UseFormReturnType<FormValues>;
  /** The form creates a record. */
  isNew: boolean;
  /** The first field of the form. */
  hasFocus: boolean;
}

/** A value that is not null, with its record. */
export interface ShownProps<R = ObjectRecord> {
  field: ObjectField;
  value: unknown;
  record: R;
}

export interface FilterProps {
  field: ObjectField;
  /** Undefined: not filtered. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** All filters of the list, by parameter. */
  filters: Readonly<Record<string, string | undefined>>;
  /** Changes several filters at once. */
  onFilters: (change: Record<string, string | undefined>) => void;
}

/** How a table shows a field. */
export interface FieldColumn {
  /** Any CSS width; a column without one shares what is left. */
  width?: string;
  align?: 'right';
  /** Left out on a phone. */
  desktopOnly?: boolean;
  /** Left out on a desktop where the table is narrow. */
  wideOnly?: boolean;
}

/** How the dashboard shows and edits the fields of one kind. */
export interface FieldKind {
  Input: ComponentType<InputProps>;
  /** In a table. */
  Cell: ComponentType<ShownProps>;
  /** On the page of a record. */
  Value: ComponentType<ShownProps>;
  /** Left out if lists cannot be filtered by fields of this kind. */
  Filter?: ComponentType<FilterProps>;
  /** The value of an empty input. */
  empty: FormValue;
  /** What is sent for the value of the input, if not the value itself. */
  sent?: (value: FormValue) => FormValue;
  /** Why a changed value cannot be sent; null if it can. */
  problem?: (value: FormValue, values: FormValues) => string | null;
  /** Two short inputs in a row share a line. */
  isShort: boolean;
  column: FieldColumn;
}

/** What every input of a form has. */
export function inputProps({ field, input, hasFocus }: InputProps) {
  return {
    label: field.label,
    required: field.required,
    ...(hasFocus && { 'data-autofocus': true }),
    ...input,
  };
}

/** A number input holds text while a number is incomplete or ends in zeros, as in `12.50`. */
export function numberOf<Value extends FormValue>(value: Value): Value | number {
  return typeof value === 'string' && /^-?\d+(\.\d*)?$/.test(value) ? Number(value) : value;
}

/** A number input holds text that is not a number as it was typed. */
export function numberProblem(value: FormValue): string | null {
  return typeof value === 'string' && value !== '' ? `Enter a number, such as ${decimalText(1234.5)}.` : null;
}

/** The value that an empty input stands for, as a placeholder. */
export function defaultText({ default: value }: ObjectField): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
