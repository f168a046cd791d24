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
  /** Somebody else changed the record meanwhile; `load` takes their changes in, and keeps what was typed here. */
  conflict: { load: () => void } | null;
}

/**
 * A form that makes a record, or changes one: then it sends only what differs, and only on top of the version that was
 * seen, so that nobody's change is overwritten unread.
 * @param valuesOf the fields as the form shows them, by the API's names; an empty text stands for null
 */
export function useRecordForm<
  R extends BaseRecord,
  Input extends object,
  Values extends { [Name in keyof Values]: Name extends keyof Input ? FieldValue : never },
>(
  queries: RecordQueries<R, Input>,
  opened: R | null,
  valuesOf: (record: R | null) => Values,
  onSaved: (record: R) => void,
): RecordForm<Values> {
  const client = useQueryClient();
  const { mutateAsync: create } = useCreateRecord(queries);
  const { mutateAsync: update } = useUpdateRecord(queries);
  /** The record as the form began with it. */
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);

  const save = async (values: Values): Promise<R> => {
    if (base === null) return create(filledIn(values) as unknown as Input);
    const change = changedIn(values, valuesOf(base));
    if (Object.keys(change).length === 0) return base;
    return update({ id: base.id, version: base.version, change: change as unknown as Partial<Input> });
  };
  const api = useApiForm(valuesOf(opened), async (values) => {
    try {
      onSaved(await save(values));
    } catch (error) {
      if (!isConflict(error as Error)) throw error;
      setConflict(true);
    }
  });

  const load = async () => {
    if (base === null) return;
    const theirs = await client.fetchQuery({ ...queries.one(base.id), staleTime: 0 });
    const ours = changedIn(api.form.getValues(), valuesOf(base));
    api.form.setInitialValues(valuesOf(theirs));
    api.form.setValues({ ...valuesOf(theirs), ...ours });
    setBase(theirs);
    setConflict(false);
  };
  return { ...api, conflict: conflict ? { load: () => void load() } : null };
}

/** What is filled in; the rest is left to the API's defaults. */
function filledIn<Values extends object>(values: Values): Partial<Values> {
  const entries = Object.entries(values).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries) as Partial<Values>;
}

function changedIn<Values extends object>(values: Values, before: Values): Partial<Values> {
  const was = before as Record<string, unknown>;
  const entries = Object.entries(values).filter(([name, value]) => !isSame(value, was[name]));
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
