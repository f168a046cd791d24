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

/** The members to choose from. A chosen one who has left the workspace stays visible. */
function useMemberOptions(chosen: string | undefined) {
  const members = useMembers();
  const options = members.map(({ id, name }) => ({ value: id, label: name }));
  const hasLeft = chosen && members.length > 0 && !members.some(({ id }) => id === chosen);
  return hasLeft ? [...options, { value: chosen, label: 'Former member' }] : options;
}

/** Selects a member. */
export function PersonPicker(props: Omit<SelectProps, 'data'>) {
  return (
    <Select
      {...props}
      data={useMemberOptions(props.value ?? undefined)}
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
  return <SelectFilter label={label} value={value} onChange={onChange} options={useMemberOptions(value)} />;
}
