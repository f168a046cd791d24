import type { Note } from '../api/note-queries.ts';

/** What each type of note is called, and what is said of its creation. */
export const NOTE_TYPES: Readonly<Record<Note['type'], { label: string; created: string }>> = {
  note: { label: 'Note', created: 'Note added' },
  call: { label: 'Call', created: 'Call logged' },
  meeting: { label: 'Meeting', created: 'Meeting logged' },
};

export const NOTE_PLACEHOLDER = 'Write a note…';
