import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isConflict } from '../api/client.ts';
import {
  useCreateRecord,
  useUpdateRecord,
  type BaseRecord,
  type RecordQueries,
} from '../api/record-queries.ts';
import { useApiForm, type ApiForm } from '../ui/use-api-form.ts';

type FieldValue = string | number | string[] | null;

export interface RecordForm<Values extends object> extends ApiForm<Values> {
  /** Set when another user changed the record. `load` merges their version and keeps the local edits. */
  conflict: { load: () => void } | null;
}

/**
 * A form that creates or edits a record. An update sends only the changed fields, with the version that was loaded, so
 * that it cannot overwrite changes of another user.
 * @param toFormValues the fields of the form by their API names; an empty string means null
 */
export function useRecordForm<
  R extends BaseRecord,
  Input extends object,
  Values extends { [Name in keyof Values]: Name extends keyof Input ? FieldValue : never },
>(
  queries: RecordQueries<R, Input>,
  opened: R | null,
  toFormValues: (record: R | null) => Values,
  onSaved: (record: R) => void,
): RecordForm<Values> {
  const client = useQueryClient();
  const { mutateAsync: create } = useCreateRecord(queries);
  const { mutateAsync: update } = useUpdateRecord(queries);
  /** The version of the record that the form is based on. */
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);

  const save = async (values: Values): Promise<R> => {
    if (base === null) return create(filledIn(values) as unknown as Input);
    const change = changedFields(values, toFormValues(base));
    if (Object.keys(change).length === 0) return base;
    return update({ id: base.id, version: base.version, change: change as unknown as Partial<Input> });
  };
  const api = useApiForm(toFormValues(opened), async (values) => {
    try {
      onSaved(await save(values));
    } catch (error) {
      if (!isConflict(error as Error)) throw error;
      setConflict(true);
    }
  });

  const load = async () => {
    if (base === null) return;
    const theirs = await client.fetchQuery({ ...queries.detail(base.id), staleTime: 0 });
    const ours = changedFields(api.form.getValues(), toFormValues(base));
    api.form.setInitialValues(toFormValues(theirs));
    api.form.setValues({ ...toFormValues(theirs), ...ours });
    setBase(theirs);
    setConflict(false);
  };
  return { ...api, conflict: conflict ? { load: () => void load() } : null };
}

/** The fields with a value; the API has defaults for the rest. */
function filledIn<Values extends object>(values: Values): Partial<Values> {
  const entries = Object.entries(values).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries) as Partial<Values>;
}

function changedFields<Values extends object>(values: Values, before: Values): Partial<Values> {
  const previous = before as Record<string, unknown>;
  const entries = Object.entries(values).filter(([name, value]) => !isSame(value, previous[name]));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === '' ? null : value]),
  ) as Partial<Values>;
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === null || (Array.isArray(value) && value.length === 0);
}

function isSame(item: unknown, other: unknown): boolean {
  return Array.isArray(item) ? JSON.stringify(item) === JSON.stringify(other) : item === other;
}
