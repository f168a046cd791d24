import { Badge, Group, TagsInput } from '@mantine/core';
import { TextFilter } from '../ui/filters.tsx';
import { ShownList } from './text.tsx';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

function Input(props: InputProps) {
  return <TagsInput {...inputProps(props)} placeholder="Press Enter to add" acceptValueOnBlur />;
}

function Value({ value }: ShownProps) {
  return (
    <Group gap={4}>
      {(value as string[]).map((tag) => (
        <Badge key={tag} size="sm">
          {tag}
        </Badge>
      ))}
    </Group>
  );
}

/** By one tag. */
function Filter({ value, onChange }: FilterProps) {
  return <TextFilter label="Tag" value={value} onChange={onChange} />;
}

export const tags: FieldKind = {
  Input,
  Cell: ShownList,
  Value,
  Filter,
  empty: [],
  isShort: false,
  column: { width: '12%', desktopOnly: true },
};
