import { Button, Pill, TagsInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useChangeTags } from '../api/tag-queries.ts';
import { isDuplicateTag, useOfferedTags } from '../fields/tags.tsx';
import { notifyError } from '../ui/notify.tsx';

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
        <NewTags
          tags={tags}
          onAdd={(add) => change({ add }, { onError: notifyError })}
          onClose={() => setAdding(false)}
        />
      )}
    </Pill.Group>
  );
}

/** Each tag is added as soon as it is chosen. */
function NewTags({
  tags,
  onAdd,
  onClose,
}: {
  tags: string[];
  onAdd: (tags: string[]) => void;
  onClose: () => void;
}) {
  const [typed, type] = useState('');
  const offered = useOfferedTags(typed).filter((tag) => !isDuplicateTag(tag, tags));
  return (
    <TagsInput
      aria-label="Add a tag"
      placeholder="Add a tag"
      size="xs"
      w="100%"
      data={offered}
      filter={({ options }) => options}
      value={[]}
      onChange={(added) => {
        const fresh = added.filter((tag) => !isDuplicateTag(tag, tags));
        if (fresh.length > 0) onAdd(fresh);
      }}
      searchValue={typed}
      onSearchChange={type}
      onBlur={onClose}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
      acceptValueOnBlur
      autoFocus
    />
  );
}
