import type { UseFormReturnType } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, isConflict } from '../api/client.ts';
import { OBJECTS_KEY, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import {
  queriesOf,
  useCreateRecord,
  useUpdateRecord,
  type ObjectInput,
  type ObjectRecord,
} from '../api/record-queries.ts';
import { useSession } from '../api/session-queries.ts';
import type { FormValue, FormValues } from '../fields/field-kind.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import { useApiForm, type ApiForm } from '../ui/use-api-form.ts';
import { isEmptyValue } from './object-fields.ts';
import type { ObjectView } from './object-view.ts';

export interface RecordFormApi extends ApiForm<FormValues> {
  /** Set when another user changed the record. `load` merges their version and keeps the local edits. */
  conflict: { load: () => void } | null;
  /** Whether a conflict made another version its base (`rebases`). */
  isRebased: boolean;
}

const NO_VALUES: FormValues = {};

/**
 * A form that creates or edits a record. An update sends only the changed fields, with the version that was loaded, so
 * that it cannot overwrite changes of another user.
 */
export function useRecordForm({
  object,
  view,
  fields,
  opened,
  initial = NO_VALUES,
  rebases = false,
  onSaved,
}: {
  object: ObjectType;
  view: ObjectView;
  /** The fields that have an input. */
  fields: readonly ObjectField[];
  opened: ObjectRecord | null;
  /** What a new record starts with, besides defaults. */
  initial?: FormValues | undefined;
  /** After a conflict, the form is based on the newest version at once, and keeps what was entered. */
  rebases?: boolean;
  onSaved: (record: ObjectRecord) => void;
}): RecordFormApi {
  const client = useQueryClient();
  const queries = queriesOf(object);
  const { user } = useSession();
  const { mutateAsync: create } = useCreateRecord(queries);
  const { mutateAsync: update } = useUpdateRecord(queries);
  /** The version of the record that the form is based on. */
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);
  const [isRebased, setRebased] = useState(false);

  const save = async (entered: FormValues): Promise<ObjectRecord> => {
    const values = sentValues(fields, entered);
    if (base === null) {
      throwProblems({ ...problemsOf(fields, values, values), ...view.check?.(values) });
      return create(filledIn(values));
    }
    const change = changedFields(values, toFormValues(fields, base));
    if (Object.keys(change).length === 0) return base;
    throwProblems(problemsOf(fields, change, values));
    return update({ id: base.id, version: base.version, change });
  };
  const load = async (form: UseFormReturnType<FormValues>) => {
    if (base === null) return;
    const theirs = await client.fetchQuery({ ...queries.detail(base.id), staleTime: 0 });
    const ours = changedFields(sentValues(fields, form.getValues()), toFormValues(fields, base));
    form.setInitialValues(toFormValues(fields, theirs));
    form.setValues({ ...toFormValues(fields, theirs), ...ours });
    setBase(theirs);
    setConflict(false);
  };
  const first = opened ? toFormValues(fields, opened) : { ...newValues(fields, user.id), ...initial };
  const api = useApiForm<FormValues>(first, async (values, form) => {
    try {
      const saved = await save(values);
      if (hasNewOption(fields, saved) || !object.in_use)
        void client.invalidateQueries({ queryKey: OBJECTS_KEY });
      onSaved(saved);
    } catch (error) {
      if (!isConflict(error as Error)) throw error;
      if (!rebases) return setConflict(true);
      await load(form);
      setRebased(true);
    }
  });

  return { ...api, conflict: conflict ? { load: () => void load(api.form) } : null, isRebased };
}

function toFormValues(fields: readonly ObjectField[], record: ObjectRecord): FormValues {
  return Object.fromEntries(fields.map((field) => [field.key, formValue(field, record[field.key])]));
}

/** The initial values of a new record. Its owner is the user who creates it, unless they choose another. */
function newValues(fields: readonly ObjectField[], userId: string): FormValues {
  const valueOf = ({ kind, default: fallback }: ObjectField) =>
    kind === 'user' ? userId : kind === 'select' ? fallback : null;
  return Object.fromEntries(fields.map((field) => [field.key, formValue(field, valueOf(field))]));
}

function formValue({ kind }: ObjectField, value: unknown): FormValue {
  const empty = FIELD_KINDS[kind]?.empty;
  return (value as FormValue | undefined) ?? (empty === undefined ? '' : empty);
}

/** The values of a form as they are sent. */
function sentValues(fields: readonly ObjectField[], values: FormValues): FormValues {
  const entries = fields.flatMap(({ key, kind }) => {
    const value = values[key];
    return value === undefined ? [] : [[key, FIELD_KINDS[kind]?.sent?.(value) ?? value] as const];
  });
  return { ...values, ...Object.fromEntries(entries) };
}

/** What the kinds of the fields find wrong with some of the values of a form. */
function problemsOf(
  fields: readonly ObjectField[],
  changed: FormValues,
  values: FormValues,
): Record<string, string> {
  const problems = fields.flatMap(({ key, kind }) => {
    const value = changed[key];
    const problem = value === undefined ? null : FIELD_KINDS[kind]?.problem?.(value, values);
    return problem ? [[key, problem] as const] : [];
  });
  return Object.fromEntries(problems);
}

/** Errors that are known before anything is sent. */
function throwProblems(problems: Readonly<Record<string, string>>): void {
  const found = Object.entries(problems).map(([field, message]) => ({ field, message }));
  if (found[0])
    throw new ApiError({ status: 400, code: 'validation_error', message: found[0].message, fields: found });
}

/** The API adds some values to the options of a field, as it does for the source of a lead. */
function hasNewOption(fields: readonly ObjectField[], record: ObjectRecord): boolean {
  return fields.some(
    ({ key, kind, options = [] }) =>
      kind === 'select' && record[key] !== null && options.every(({ value }) => value !== record[key]),
  );
}

/** The fields with a value; the API has defaults for the rest. */
function filledIn(values: FormValues): ObjectInput {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmptyValue(value)));
}

function changedFields(values: FormValues, before: FormValues): FormValues {
  const entries = Object.entries(values).filter(([name, value]) => !isSame(value, before[name]));
  return Object.fromEntries(entries.map(([name, value]) => [name, value === '' ? null : value]));
}

function isSame(item: unknown, other: unknown): boolean {
  return Array.isArray(item) ? JSON.stringify(item) === JSON.stringify(other) : item === other;
}
