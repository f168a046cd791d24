import { lazy, Suspense } from 'react';
import type { Note } from '../../api/note-queries.ts';
import { NOTE_TYPES } from '../../record/note-types.ts';
import { viewOf } from '../../record/object-view.ts';

/** Loaded on demand: most pages only need the names of the fields. */
const Markdown = lazy(async () => ({ default: (await import('../../record/markdown.tsx')).Markdown }));

/** Notes are written and read on the pages of the records that they are on. */
export const noteView = viewOf<Note>({
  fields: {
    body: {
      Value: ({ value }) => (
        <Suspense>
          <Markdown text={String(value)} />
        </Suspense>
      ),
    },
    title: { Value: null },
    mentions: { Value: null },
  },
  lastChange: ({ type, version }) =>
    version === 1 ? NOTE_TYPES[type].created : `${NOTE_TYPES[type].label} changed`,
});
