import { Pill, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { lazy, useState } from 'react';
import { useHasScope } from '../api/session-queries.ts';
import { useTagNames } from '../api/tag-queries.ts';
import type { FieldKind, FilterProps, ShownProps } from './field-kind.ts';
import classes from './tags.module.css';

const Input = lazy(async () => ({ default: (await import('./form-inputs.tsx')).TagsInput }));

/** The tags of the workspace that contain a text, once typing pauses. */
export function useOfferedTags(typed: string): string[] {
  const [settled] = useDebouncedValue(typed.trim(), 200);
  return useTagNames(settled, useHasScope('tags:read'));
}

/** Tags are compared without case. */
export function isDuplicateTag(tag: string, tags: string[]): boolean {
  return tags.some((other) => other.toLowerCase() === tag.toLowerCase());
}

/** As many as a row has room for. */
const MAX_IN_CELL = 2;

function Cell({ value }: ShownProps) {
  const all = value as string[];
  const shown = all.slice(0, MAX_IN_CELL);
  return (
    <span className={classes.cell} title={all.join(', ')}>
      {shown.map((tag) => (
        <Pill key={tag} size="xs">
          {tag}
        </Pill>
      ))}
      {all.length > shown.length && <span className={classes.more}>+{all.length - shown.length}</span>}
    </span>
  );
}

function Value({ value }: ShownProps) {
  return (
    <Pill.Group>
      {(value as string[]).map((tag) => (
        <Pill key={tag}>{tag}</Pill>
      ))}
    </Pill.Group>
  );
}

/** By one tag. */
function Filter({ field, value, onChange }: FilterProps) {
  const [typed, type] = useState(value ?? '');
  const offered = useOfferedTags(typed === value ? '' : typed);
  const choices = value === undefined || offered.includes(value) ? offered : [value, ...offered];
  return (
    <Select
      aria-label={`Filter by ${field.label.toLowerCase()}`}
      placeholder="Tag"
      w={150}
      data={choices}
      filter={({ options }) => options}
      value={value ?? null}
      onChange={(tag) => onChange(tag ?? undefined)}
      searchValue={typed}
      onSearchChange={type}
      nothingFoundMessage="No matching tags"
      searchable
      clearable
    />
  );
}

export const tags: FieldKind = {
  Input,
  Cell,
  Value,
  Filter,
  empty: [],
  isShort: false,
  column: { width: '12%', desktopOnly: true },
};
