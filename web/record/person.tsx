import { Select, type SelectProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { membersQuery } from '../api/member-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { SelectFilter } from '../ui/filters.tsx';

/** The members of the workspace; empty if the session may not read them. */
export function useMembers() {
  const may = useHasScope('members:read');
  const { data = [] } = useInfiniteQuery({ ...membersQuery, enabled: may });
  return data;
}

/** The name of a member. */
export function PersonName({ id }: { id: string | null }) {
  const members = useMembers();
  if (id === null) return null;
  return members.find((member) => member.id === id)?.name ?? 'Former member';
}

/** Selects a member. A selected member who has left the workspace stays visible. */
export function PersonPicker(props: Omit<SelectProps, 'data'>) {
  const members = useMembers();
  const options = members.map(({ id, name }) => ({ value: id, label: name }));
  const { value } = props;
  const hasLeft = value && members.length > 0 && !members.some(({ id }) => id === value);
  return (
    <Select
      {...props}
      data={hasLeft ? [...options, { value, label: 'Former member' }] : options}
      placeholder="Unassigned"
      allowDeselect={false}
      searchable
      clearable
    />
  );
}

/** Filters a list by member. */
export function PersonFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (memberId: string | undefined) => void;
}) {
  const members = useMembers();
  return (
    <SelectFilter
      label={label}
      value={value}
      onChange={onChange}
      options={members.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}
