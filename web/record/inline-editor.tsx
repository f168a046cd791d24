import { Button } from '@mantine/core';
import { useEffect, useRef, type FocusEvent, type KeyboardEvent } from 'react';
import { fieldOf, nounOf, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import type { DrawnInput, InlineFieldProps } from './inline-field.tsx';
import classes from './inline-field.module.css';
import { useObjectView } from './object-view.ts';
import { useRecordForm } from './use-record-form.ts';

/** Kinds whose values are chosen, and saved with the choice. */
const CHOSEN_KINDS = new Set(['select', 'user', 'record', 'boolean', 'date']);

/** Enter saves, Escape cancels, and leaving it saves what was typed. */
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
  const root = useRef<HTMLFormElement>(null);
  const isText = !CHOSEN_KINDS.has(field.kind);

  useEffect(() => {
    const input = root.current?.querySelector<HTMLInputElement>('input:not([type="hidden"]), textarea');
    input?.focus();
    if (isText) input?.select();
    else input?.click();
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
  return (
    <form
      ref={root}
      className={classes.editor}
      data-single={inputs.length === 1 || undefined}
      aria-label={`Edit ${field.label}`}
      onSubmit={api.onSubmit}
      noValidate
    >
      <div role="presentation" className={classes.inputs} onKeyDown={onKeyDown} onBlur={onBlur}>
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
        {api.isRebased && (
          <div role="alert" className={classes.conflict}>
            Someone else changed this {nounOf(object)} meanwhile. {theirText(object, record, field)}Save again
            to keep yours, or cancel to keep theirs.
          </div>
        )}
        <div className={classes.buttons}>
          <Button type="submit" size="compact-xs" loading={api.busy}>
            Save
          </Button>
          <Button size="compact-xs" variant="default" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </div>
    </form>
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
