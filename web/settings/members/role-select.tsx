import { Select, Text, type SelectProps } from '@mantine/core';
import { useSession } from '../../api/session-queries.ts';
import { rolesFor } from './roles.ts';

/** Chooses a role, up to one's own; the list says what each one may do. */
export function RoleSelect(props: Omit<SelectProps, 'data'>) {
  const { role } = useSession();
  const roles = rolesFor(role);
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
            {roles.find(({ value }) => value === option.value)?.means}
          </Text>
        </div>
      )}
    />
  );
}
