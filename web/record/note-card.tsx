import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconPinned, IconPinnedOff, IconTrash } from '@tabler/icons-react';
import { lazy, Suspense, type ReactNode } from 'react';
import { notes, type Note } from '../api/note-queries.ts';
import { queriesOf, useRemoveRecord, useUpdateRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useRestoreRecord } from '../api/trash-queries.ts';
import { Moment } from '../ui/relative-time.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { Actor } from './actor.tsx';
import { Markdown } from './markdown.tsx';
import classes from './note-card.module.css';
import { NOTE_TYPES } from './note-types.ts';

/** Loaded when somebody edits a note. */
const NoteForm = lazy(async () => ({ default: (await import('./note-form.tsx')).NoteForm }));

/** A note on a timeline. @param about the record that it is on, if that is not the one of the page */
export function NoteCard({ note, about }: { note: Note; about?: ReactNode }) {
  const mayWrite = useHasScope('notes:write');
  const [isEditing, edit] = useDisclosure();
  return (
    <article className={classes.root} aria-label={`${NOTE_TYPES[note.type].label}: ${note.title}`}>
      <div className={classes.head}>
        <div className={classes.who}>
          <span className={classes.what}>{NOTE_TYPES[note.type].created}</span>
          {about && <> on {about}</>}{' '}
          <span className={classes.aside}>
            by <Actor actor={note.created_by} /> · <Moment at={note.happened_at ?? note.created_at} />
            {note.duration_min !== null && ` · ${note.duration_min} min`}
            {note.pinned && ' · pinned'}
          </span>
        </div>
        {mayWrite && !isEditing && <Actions note={note} onEdit={edit.open} />}
      </div>
      {isEditing ? (
        <Suspense fallback={<Markdown text={note.body} />}>
          <NoteForm type={note.type} note={note} onClose={edit.close} />
        </Suspense>
      ) : (
        <Markdown text={note.body} />
      )}
    </article>
  );
}

function Actions({ note, onEdit }: { note: Note; onEdit: () => void }) {
  const { mutate: update, isPending } = useUpdateRecord(notes);
  const { mutateAsync: remove } = useRemoveRecord(queriesOf({ plural: 'notes' }));
  const { mutateAsync: restore } = useRestoreRecord('notes');
  const pin = () =>
    update(
      { id: note.id, version: note.version, change: { pinned: !note.pinned } },
      { onError: notifyError },
    );
  const removeNote = () =>
    notifyWhenDone(remove(note.id), () =>
      notifyDone('Note deleted', { label: 'Undo', run: () => notifyWhenDone(restore(note.id), () => {}) }),
    );
  return (
    <div className={classes.actions}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={note.pinned ? 'Unpin' : 'Pin'}
        title={note.pinned ? 'Unpin' : 'Pin'}
        loading={isPending}
        onClick={pin}
      >
        {note.pinned ? <IconPinnedOff size={15} stroke={1.6} /> : <IconPinned size={15} stroke={1.6} />}
      </ActionIcon>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label="More actions for this note">
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={onEdit}>
            Edit
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={removeNote}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
