import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, isConflict, validationError } from '../api/client.ts';
import { nounOf, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, useUpdateRecord, type ObjectRecord } from '../api/record-queries.ts';
import type { FormValue, FormValues } from '../fields/field-kind.ts';
import { shownKind } from '../fields/kinds.ts';
import { notifyError } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { EditorForm } from './editor-form.tsx';
import classes from './inline-field.module.css';
import { isEmptyValue } from './object-fields.ts';

/** Edits a custom field in place. An empty input removes the field. */
export function CustomFieldEditor({
  object,
  record,
  name,
  field,
  onClose,
}: {
  object: ObjectType;
  record: ObjectRecord;
  name: string;
  /** The only field of the form. */
  field: ObjectField;
  onClose: () => void;
}) {
  const queries = queriesOf(object);
  const client = useQueryClient();
  const { mutateAsync: update } = useUpdateRecord(queries);
  /** The record that the form is based on. */
  const [base, setBase] = useState(record);
  const [theirs, setTheirs] = useState<string | null>(null);
  const kind = shownKind(field.kind);
  const before = base.custom_fields[name] ?? null;

  const send = (sent: FormValue, { id, version }: ObjectRecord) =>
    update({ id, version, change: { custom_fields: { [name]: sent } } });
  /** A change of other fields meanwhile is none of this one. */
  const save = async (entered: FormValue): Promise<void> => {
    const sent = isEmptyValue(entered) ? null : (kind.sent?.(entered) ?? entered);
    const problem = kind.problem?.(sent, { [field.key]: sent });
    if (problem) throw validationError(field.key, problem);
    if (sent === before) return onClose();
    try {
      await send(sent, base);
    } catch (error) {
      if (!isConflict(error as Error)) throw atField(error as Error, field.key);
      const newest = await client.fetchQuery({ ...queries.detail(base.id), staleTime: 0 });
      setBase(newest);
      const value = newest.custom_fields[name] ?? null;
      if (value !== before) return setTheirs(String(value ?? 'empty'));
      await send(sent, newest);
    }
    onClose();
  };
  const api = useApiForm<FormValues>({ [field.key]: before ?? kind.empty }, (values) =>
    save(values[field.key] ?? null),
  );
  const remove = () => void save(null).catch(notifyError);
  return (
    <EditorForm
      field={field}
      inputs={[{ field, Drawn: kind.Input }]}
      api={api}
      onClose={onClose}
      tools={
        <Button size="compact-xs" variant="subtle" color="red" ml="auto" onClick={remove}>
          Remove
        </Button>
      }
    >
      {theirs !== null && (
        <div role="alert" className={classes.conflict}>
          Someone else changed this {nounOf(object)} meanwhile. {field.label} is now “{theirs}”. Save again to
          keep yours, or cancel to keep theirs.
        </div>
      )}
    </EditorForm>
  );
}

/** The API names the custom field in its errors, as in `custom_fields.seats`. */
function atField(error: Error, key: string): Error {
  const [first] = error instanceof ApiError ? error.fields : [];
  return first?.field.startsWith('custom_fields') ? validationError(key, first.message) : error;
}
