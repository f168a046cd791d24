import { UnstyledButton } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { Suspense, useRef, useState, type ComponentType } from 'react';
import type { ObjectField, ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import type { ShownProps } from '../fields/field-kind.ts';
import { InlineEditor } from './inline-editor.tsx';
import classes from './inline-field.module.css';
import { formFields, isFixed, shownProps } from './object-fields.ts';
import { useObjectView, type ObjectView } from './object-view.ts';

export interface InlineFieldProps {
  object: ObjectType;
  record: ObjectRecord;
  field: ObjectField;
  Value: ComponentType<ShownProps>;
}

/** A value of a record. A click on it edits it in place, if it can be set. */
export function InlineField(props: InlineFieldProps) {
  const { object, record, field, Value } = props;
  const [isEditing, setEditing] = useState(false);
  const mayWrite = useHasScope(`${object.plural}:write`);
  const view = useObjectView(object.key);
  const inputs = isFixed(field, view, record) ? [] : inputsOf(object, view, field);
  const button = useRef<HTMLButtonElement>(null);
  const shown = shownProps(field, record);
  if (!mayWrite || inputs.length === 0) return shown ? <Value {...shown} /> : '—';
  const close = () => {
    setEditing(false);
    // Where the keyboard was before.
    requestAnimationFrame(() => button.current?.focus({ preventScroll: true }));
  };
  if (isEditing) {
    return (
      <Suspense fallback={shown && <Value {...shown} />}>
        <InlineEditor {...props} inputs={inputs} onClose={close} />
      </Suspense>
    );
  }
  return (
    <div className={classes.root}>
      {shown ? <Value {...shown} /> : <span className={classes.empty}>—</span>}
      <UnstyledButton
        ref={button}
        className={classes.edit}
        aria-label={`Edit ${field.label}`}
        onClick={() => setEditing(true)}
      >
        <IconPencil size={14} stroke={1.6} aria-hidden />
      </UnstyledButton>
    </div>
  );
}

export type DrawnInput = ReturnType<typeof formFields>[number];

/** The inputs of a field, and of those that are edited with it; none if it cannot be set. */
function inputsOf(object: ObjectType, view: ObjectView, field: ObjectField): DrawnInput[] {
  const all = formFields(object, view);
  const own = all.find((item) => item.field.key === field.key);
  if (!own) return [];
  const others = [
    ...(view.fields?.[field.key]?.editedWith ?? []),
    ...(field.kind === 'currency' ? ['currency'] : []),
  ];
  return [own, ...others.flatMap((key) => all.find((item) => item.field.key === key) ?? [])];
}
