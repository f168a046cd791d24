import { Input } from '@mantine/core';
import { useRef, useState } from 'react';
import { notifyError } from '../ui/notify.tsx';
import type { NoteForm } from './note-form.tsx';
import { NOTE_PLACEHOLDER } from './note-types.ts';

/**
 * Where a note is written. Until somebody writes one, it is a plain field. With the focus it loads the form, which goes on
 * with the text, the focus and the caret of the field, so that no key is lost.
 */
export function NoteField({ links }: { links: Readonly<Record<string, string>> }) {
  const [loaded, setLoaded] = useState<{ Form: typeof NoteForm; hasFocus: boolean } | null>(null);
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const isComposing = useRef(false);
  const load = async () => {
    try {
      const { NoteForm: Form } = await import('./note-form.tsx');
      // The end of the composition loads it again: a character that is being composed would be lost.
      if (!isComposing.current) setLoaded({ Form, hasFocus: document.activeElement === field.current });
    } catch (error) {
      notifyError(error as Error);
    }
  };
  if (loaded) {
    const { Form, hasFocus } = loaded;
    return <Form type="note" links={links} draft={{ text, field, hasFocus }} />;
  }
  return (
    <Input
      component="textarea"
      // Kept when it is removed: the form reads its caret.
      ref={(node: HTMLTextAreaElement | null) => {
        field.current = node ?? field.current;
      }}
      multiline
      rows={1}
      aria-label="Text"
      placeholder={NOTE_PLACEHOLDER}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onFocus={() => void load()}
      onCompositionStart={() => (isComposing.current = true)}
      onCompositionEnd={() => {
        isComposing.current = false;
        void load();
      }}
    />
  );
}
