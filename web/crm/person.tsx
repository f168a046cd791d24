import { Select, type SelectProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { membersQuery } from '../api/member-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { SelectFilter } from '../ui/filters.tsx';

/** The members of the workspace; none where the session may not see them. */
export function useMembers() {
  const may = useMay('members:read');
  const { data = [] } = useInfiniteQuery({ ...membersQuery, enabled: may });
  return data;
}

/** A member by name, where a record names one. */
export function PersonName({ id }: { id: string | null }) {
  const members = useMembers();
  if (id === null) return null;
  return members.find((member) => member.id === id)?.name ?? 'A former member';
}

/** Picks a member; whoever is picked already stays to be seen, also after having left. */
export function PersonPicker(props: Omit<SelectProps, 'data'>) {
  const members = useMembers();
  const options = members.map(({ id, name }) => ({ value: id, label: name }));
  const { value } = props;
  const hasLeft = value && members.length > 0 && !members.some(({ id }) => id === value);
  return (
    <Select
      {...props}
      data={hasLeft ? [...options, { value, label: 'A former member' }] : options}
      placeholder="Nobody"
      searchable
      clearable
    />
  );
}

/** Narrows a list to the records of one member. */
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
