import { Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { notes } from '../api/note-queries.ts';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { NoteCard } from './note-card.tsx';

/** The pinned notes of a record. */
export function PinnedNotes({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const note = useObject('note');
  const parameter = note?.fields.find(({ references, filter }) => references === object.key && filter)?.filter
    ?.parameter;
  const { data = [] } = useInfiniteQuery({
    ...notes.list({ pinned: 'true', ...(parameter && { [parameter]: record.id }) }),
    enabled: parameter !== undefined,
  });
  if (data.length === 0) return null;
  return (
    <Stack component="section" gap="xs" aria-label="Pinned notes">
      {data.map((item) => (
        <NoteCard key={item.id} note={item} />
      ))}
    </Stack>
  );
}
