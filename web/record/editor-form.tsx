import { Button } from '@mantine/core';
import {
  useEffect,
  useRef,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
} from 'react';
import type { ObjectField } from '../api/object-queries.ts';
import type { FormValues } from '../fields/field-kind.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import type { ApiForm } from '../ui/use-api-form.ts';
import type { DrawnInput } from './inline-field.tsx';
import classes from './inline-field.module.css';

/** Kinds whose values are chosen, and saved with the choice. */
const CHOSEN_KINDS = new Set(['select', 'user', 'record', 'boolean', 'date']);

/** The form that edits a value in place. Enter saves, Escape cancels, and leaving it saves what was typed. */
export function EditorForm({
  field,
  inputs,
  api,
  tools,
  children,
  onClose,
}: {
  field: ObjectField;
  inputs: readonly DrawnInput[];
  api: ApiForm<FormValues>;
  /** After the buttons that save and cancel. */
  tools?: ReactNode;
  /** Between the inputs and the buttons. */
  children?: ReactNode;
  onClose: () => void;
}) {
  const fields = inputs.map((item) => item.field);
  const root = useRef<HTMLFormElement>(null);
  const isText = !CHOSEN_KINDS.has(field.kind);

  useEffect(() => {
    const input = root.current?.querySelector<HTMLInputElement>('input:not([type="hidden"]), textarea');
    input?.focus();
    if (isText) input?.select();
    // A click would change a checkbox.
    else if (input?.type !== 'checkbox') input?.click();
  }, [isText]);

  const chosen = JSON.stringify(
    fields.filter(({ kind }) => CHOSEN_KINDS.has(kind)).map(({ key }) => api.form.values[key]),
  );
  const saved = useRef(chosen);
  const { onSubmit } = api;
  useEffect(() => {
    if (chosen === saved.current) return;
    saved.current = chosen;
    onSubmit();
  }, [chosen, onSubmit]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) api.onSubmit();
  };
  const onBlur = ({ relatedTarget: next, currentTarget: editor }: FocusEvent<HTMLElement>) => {
    // A list of options is outside the form, and keeps the focus in it.
    const hasError = Object.keys(api.form.errors).length > 0;
    if (field.kind === 'date' || editor.contains(next) || !document.hasFocus() || hasError) return;
    if (isText && api.form.isDirty()) api.onSubmit();
    else if (!api.busy) onClose();
  };
  /** A press on the track of a switch would take the focus from it, and so close the editor before it changes. */
  const onMouseDown = (event: MouseEvent) => {
    if (field.kind === 'boolean') event.preventDefault();
  };
  return (
    <form
      ref={root}
      className={classes.editor}
      data-single={inputs.length === 1 || undefined}
      aria-label={`Edit ${field.label}`}
      onSubmit={api.onSubmit}
      noValidate
    >
      <div
        role="presentation"
        className={classes.inputs}
        onKeyDown={onKeyDown}
        onBlur={onBlur}
        onMouseDown={onMouseDown}
      >
        {inputs.map(({ field: item, Drawn: Input }) => (
          <Input
            key={item.key}
            field={item}
            input={api.form.getInputProps(item.key)}
            form={api.form}
            isNew={false}
            hasFocus={item === field}
          />
        ))}
        {api.error && <ErrorPanel error={api.error} />}
        {children}
        <div className={classes.buttons}>
          <Button type="submit" size="compact-xs" loading={api.busy}>
            Save
          </Button>
          <Button size="compact-xs" variant="default" onClick={onClose}>
            Cancel
          </Button>
          {tools}
        </div>
      </div>
    </form>
  );
}
