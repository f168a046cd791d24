import type { Note } from '../../api/note-queries.ts';
import { Markdown } from '../../record/markdown.tsx';
import { viewOf } from '../../record/object-view.ts';

/** Notes are written and read on the pages of the records that they are on. */
export const noteView = viewOf<Note>({
  fields: {
    body: { Value: ({ value }) => <Markdown text={String(value)} /> },
    title: { Value: null },
    mentions: { Value: null },
  },
});
