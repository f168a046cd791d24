import { TagsInput } from '@mantine/core';
import { useState } from 'react';
import { isDuplicateTag, useOfferedTags } from '../fields/tags.tsx';

/** Each tag is added as soon as it is chosen. */
export function NewTags({
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
