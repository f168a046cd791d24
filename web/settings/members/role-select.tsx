import { Select, Text, type SelectProps } from '@mantine/core';
import { ROLE_CHOICES } from './roles.ts';

/** Chooses a role; the list says what each one may do. */
export function RoleSelect(props: Omit<SelectProps, 'data'>) {
  return (
    <Select
      {...props}
      data={ROLE_CHOICES}
      allowDeselect={false}
      comboboxProps={{ width: 288, position: 'bottom-start' }}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{option.label}</Text>
          <Text size="xs" c="dimmed">
            {ROLE_CHOICES.find(({ value }) => value === option.value)?.means}
          </Text>
        </div>
      )}
    />
  );
}
