import { UnstyledButton } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { Suspense, useRef, useState, type ComponentType, type ReactNode } from 'react';
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
  const view = useObjectView(object.key);
  const inputs = isFixed(field, view, record) ? [] : inputsOf(object, view, field);
  const shown = shownProps(field, record);
  return (
    <InlineValue
      object={object}
      label={field.label}
      shown={shown && <Value {...shown} />}
      editor={
        inputs.length > 0 && ((onClose) => <InlineEditor {...props} inputs={inputs} onClose={onClose} />)
      }
    />
  );
}

/** A value that a click replaces by its editor, if the session may write the records of the object. */
export function InlineValue({
  object,
  label,
  shown,
  editor,
}: {
  object: ObjectType;
  label: string;
  /** Null for an empty value. */
  shown: ReactNode;
  /** False: the value cannot be set. */
  editor: ((onClose: () => void) => ReactNode) | false;
}) {
  const [isEditing, setEditing] = useState(false);
  const mayWrite = useHasScope(`${object.plural}:write`);
  const button = useRef<HTMLButtonElement>(null);
  if (!mayWrite || !editor) return shown ?? '—';
  const close = () => {
    setEditing(false);
    // Where the keyboard was before.
    requestAnimationFrame(() => button.current?.focus({ preventScroll: true }));
  };
  if (isEditing) {
    return (
      <Suspense fallback={shown}>
        <Editing editor={editor} onClose={close} />
      </Suspense>
    );
  }
  return (
    <div className={classes.root}>
      {shown ?? <span className={classes.empty}>—</span>}
      <UnstyledButton
        ref={button}
        className={classes.edit}
        aria-label={`Edit ${label}`}
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

interface EditingProps {
  editor: (onClose: () => void) => ReactNode;
  onClose: () => void;
}

/** A component of its own: the editor is drawn with a function that uses a ref. */
function Editing({ editor, onClose }: EditingProps) {
  return editor(onClose);
}
