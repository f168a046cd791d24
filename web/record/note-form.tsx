import { Button } from '@mantine/core';
import { DateTimePicker } from '../ui/date-inputs.tsx';
import { useState, type KeyboardEvent, type RefObject } from 'react';
import { notes, type Note } from '../api/note-queries.ts';
import { useCreateRecord, useUpdateRecord } from '../api/record-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { NumberInput } from '../ui/number-input.tsx';
import { localOf, utcOf } from '../ui/format.ts';
import { useApiForm } from '../ui/use-api-form.ts';
import classes from './activity-composer.module.css';
import { MentionInput } from './mention-input.tsx';
import { withMentions, withoutMentions } from './mentions.ts';
import { NOTE_PLACEHOLDER } from './note-types.ts';
import { useMembers } from './person.tsx';

export type NoteType = Note['type'];

const PLACEHOLDERS: Readonly<Record<NoteType, string>> = {
  note: NOTE_PLACEHOLDER,
  call: 'What was said?',
  meeting: 'What was discussed?',
};

/** What was written before the form was loaded, and the field that it was written in. */
export interface Draft {
  text: string;
  field: RefObject<HTMLTextAreaElement | null>;
  hasFocus: boolean;
}

interface Values {
  body: string;
  happened_at: string | null;
  duration_min: number | string;
}

/** Writes a note, a call or a meeting. @param links the records that it is about, by field */
export function NoteForm({
  type,
  links,
  note,
  draft,
  onClose,
}: {
  type: NoteType;
  links?: Readonly<Record<string, string>>;
  /** Edits this one. */
  note?: Note;
  draft?: Draft;
  onClose?: () => void;
}) {
  const members = useMembers();
  const { mutateAsync: create } = useCreateRecord(notes);
  const { mutateAsync: update } = useUpdateRecord(notes);
  const [isOpen, setOpen] = useState(note !== undefined || type !== 'note' || draft !== undefined);
  const isTimed = type !== 'note';
  const api = useApiForm<Values>(
    { ...valuesOf(note, isTimed), ...(draft && { body: draft.text }) },
    async ({ body, happened_at: at, duration_min: minutes }, form) => {
      const sent = {
        body: withMentions(body, members),
        ...(isTimed && { happened_at: at, duration_min: minutes === '' ? null : Number(minutes) }),
      };
      if (note) await update({ id: note.id, version: note.version, change: sent });
      else await create({ ...sent, type, ...links });
      form.setValues(valuesOf(undefined, isTimed));
      onClose?.();
    },
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) api.onSubmit();
    else if (event.key === 'Escape' && onClose && !event.defaultPrevented) onClose();
  };
  const { value, onChange, ...input } = api.form.getInputProps('body');
  return (
    <form className={classes.root} data-plain onSubmit={api.onSubmit} noValidate>
      <MentionInput
        {...input}
        aria-label="Text"
        onKeyDown={onKeyDown}
        placeholder={PLACEHOLDERS[type]}
        minRows={isOpen ? 3 : 1}
        maxRows={16}
        continued={draft?.hasFocus ? draft.field : undefined}
        onFocus={() => setOpen(true)}
        value={value as string}
        onValue={onChange as (text: string) => void}
      />
      {isTimed && (
        <div className={classes.details}>
          <DateTimePicker label="When" {...timeProps(api.form.getInputProps('happened_at'))} />
          <NumberInput label="Minutes" min={0} hideControls {...api.form.getInputProps('duration_min')} />
        </div>
      )}
      {api.error && <ErrorPanel error={api.error} />}
      {isOpen && (
        <div className={classes.buttons}>
          <span className={classes.hint}>@ mentions a member. Markdown works.</span>
          {onClose && (
            <Button size="xs" variant="default" onClick={onClose}>
              Cancel
            </Button>
          )}
          <Button type="submit" size="xs" loading={api.busy}>
            {note ? 'Save' : SAVE[type]}
          </Button>
        </div>
      )}
    </form>
  );
}

const SAVE: Readonly<Record<NoteType, string>> = {
  note: 'Save note',
  call: 'Log call',
  meeting: 'Log meeting',
};

function valuesOf(note: Note | undefined, isTimed: boolean): Values {
  return {
    body: note ? withoutMentions(note.body) : '',
    happened_at: note ? note.happened_at : isTimed ? new Date().toISOString() : null,
    duration_min: note?.duration_min ?? '',
  };
}

/** The form holds the time in UTC, as the API does. */
function timeProps({
  value,
  onChange,
  ...input
}: ReturnType<ReturnType<typeof useApiForm<Values>>['form']['getInputProps']>) {
  return {
    ...input,
    value: value ? localOf(value as string) : null,
    onChange: (local: string | null) =>
      (onChange as (utc: string | null) => void)(local === null ? null : utcOf(local)),
  };
}
