import { Select, Text, type SelectProps } from '@mantine/core';
import { useSession } from '../../api/session-queries.ts';
import { assignableRoles } from './roles.ts';

/** Selects a role up to the user's own, with descriptions. */
export function RoleSelect(props: Omit<SelectProps, 'data'>) {
  const { role } = useSession();
  const roles = assignableRoles(role);
  return (
    <Select
      {...props}
      data={roles}
      allowDeselect={false}
      comboboxProps={{ width: 288, position: 'bottom-start' }}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{option.label}</Text>
          <Text size="xs" c="dimmed">
            {roles.find(({ value }) => value === option.value)?.description}
          </Text>
        </div>
      )}
    />
  );
}
