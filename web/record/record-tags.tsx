import { Button, Pill } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useChangeTags } from '../api/tag-queries.ts';
import { notifyError } from '../ui/notify.tsx';

const NewTags = lazy(async () => ({ default: (await import('./new-tags.tsx')).NewTags }));

/** The tags of a record. Each that is added or removed is saved at once. */
export function RecordTags({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const tags = record['tags'] as string[];
  const mayWrite = useHasScope(`${object.plural}:write`);
  const { mutate: change, isPending } = useChangeTags(object.plural, record.id);
  const [isAdding, setAdding] = useState(false);
  const remove = (tag: string) => change({ remove: [tag] }, { onError: notifyError });
  return (
    <Pill.Group>
      {tags.map((tag) => (
        <Pill
          key={tag}
          withRemoveButton={mayWrite}
          onRemove={() => remove(tag)}
          removeButtonProps={{ 'aria-label': `Remove the tag ${tag}`, 'aria-hidden': false, tabIndex: 0 }}
          disabled={isPending}
        >
          {tag}
        </Pill>
      ))}
      {mayWrite && !isAdding && (
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconPlus size={13} />}
          onClick={() => setAdding(true)}
        >
          Add tag
        </Button>
      )}
      {isAdding && (
        <Suspense>
          <NewTags
            tags={tags}
            onAdd={(add) => change({ add }, { onError: notifyError })}
            onClose={() => setAdding(false)}
          />
        </Suspense>
      )}
    </Pill.Group>
  );
}
