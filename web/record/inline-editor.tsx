import { fieldOf, nounOf, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { EditorForm } from './editor-form.tsx';
import type { DrawnInput, InlineFieldProps } from './inline-field.tsx';
import classes from './inline-field.module.css';
import { useObjectView } from './object-view.ts';
import { useRecordForm } from './use-record-form.ts';

/** Edits a field of a record in place. */
export function InlineEditor({
  object,
  record,
  field,
  inputs,
  onClose,
}: InlineFieldProps & { inputs: DrawnInput[]; onClose: () => void }) {
  const view = useObjectView(object.key);
  const fields = inputs.map((item) => item.field);
  const api = useRecordForm({ object, view, fields, opened: record, rebases: true, onSaved: onClose });
  return (
    <EditorForm field={field} inputs={inputs} api={api} onClose={onClose}>
      {api.isRebased && (
        <div role="alert" className={classes.conflict}>
          Someone else changed this {nounOf(object)} meanwhile. {theirText(object, record, field)}Save again
          to keep yours, or cancel to keep theirs.
        </div>
      )}
    </EditorForm>
  );
}

/** What the other user entered, if it is a text. */
function theirText(object: ObjectType, record: ObjectRecord, { key }: ObjectField): string {
  const value = record[key];
  const label = fieldOf(object, key)?.label;
  return typeof value === 'string' && value.length <= 200 && !/^[0-9a-f-]{36}$/.test(value)
    ? `${label} is now “${value}”. `
    : '';
}
