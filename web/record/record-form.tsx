import { Group } from '@mantine/core';
import { nounOf, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import type { FieldKind, FormValues } from '../fields/field-kind.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import { FormDrawer } from '../ui/form-drawer.tsx';
import { ConflictNotice } from './conflict-notice.tsx';
import { DuplicateNotice } from './duplicate-notice.tsx';
import { formFields, isFixed, type DrawnField } from './object-fields.ts';
import { useObjectView, type ObjectView } from './object-view.ts';
import { nameFields } from './record-title.ts';
import { useRecordForm } from './use-record-form.ts';

type FormField = DrawnField<FieldKind['Input']>;
type Line = [FormField, ...FormField[]];

/** The drawer that creates or edits a record, with an input for each field that can be set. */
export function RecordForm({
  object,
  record,
  initial,
  onClose,
  onSaved,
}: {
  object: ObjectType;
  /** Null: creates a record. */
  record: ObjectRecord | null;
  /** What a new record starts with. */
  initial?: FormValues;
  onClose: () => void;
  onSaved: (record: ObjectRecord) => void;
}) {
  const view = useObjectView(object.key);
  const fields = formFields(object, view).filter(
    ({ field }) => record === null || !isFixed(field, view, record),
  );
  const api = useRecordForm({
    object,
    view,
    fields: fields.map(({ field }) => field),
    opened: record,
    initial,
    onSaved,
  });
  const isNew = record === null;
  const noun = nounOf(object);
  const drawn = ({ field, Drawn: Input }: FormField) => (
    <Input
      key={field.key}
      field={field}
      input={api.form.getInputProps(field.key)}
      form={api.form}
      isNew={isNew}
      hasFocus={field === fields[0]?.field}
    />
  );
  return (
    <FormDrawer
      title={isNew ? (view.createLabel ?? `New ${noun}`) : `Edit ${noun}`}
      action={isNew ? (view.createLabel ?? `Create ${noun}`) : 'Save'}
      api={api}
      notice={
        <>
          {api.conflict && <ConflictNotice noun={noun} load={api.conflict.load} />}
          {isNew && <DuplicateNotice object={object} values={api.form.values} />}
        </>
      }
      onClose={onClose}
    >
      {linesOf(fields, object, view).map((line) =>
        line.length === 1 ? (
          line.map(drawn)
        ) : (
          <Group key={line[0].field.key} grow align="flex-start" wrap="nowrap">
            {line.map(drawn)}
          </Group>
        ),
      )}
    </FormDrawer>
  );
}

/** Two short fields in a row share a line. A field that is the whole name of a record has its own. */
function linesOf(fields: readonly FormField[], object: ObjectType, view: ObjectView): Line[] {
  const names = nameFields(object);
  const isShort = ({ field: { key, kind } }: FormField) =>
    !(names.length === 1 && names[0] === key) &&
    (view.fields?.[key]?.isShort ?? FIELD_KINDS[kind]?.isShort ?? false);
  const lines: Line[] = [];
  for (const field of fields) {
    const last = lines.at(-1);
    if (last?.length === 1 && isShort(last[0]) && isShort(field)) last.push(field);
    else lines.push([field]);
  }
  return lines;
}
