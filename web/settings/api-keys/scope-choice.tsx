import { Checkbox, Fieldset, Stack, Text } from '@mantine/core';
import type { Scope } from '../../api/scope-queries.ts';
import { ScopeGrid } from './scope-grid.tsx';

/** All scopes of the API except `*`, by group; those that the user may not grant are disabled. */
export function ScopeChoice({
  scopes,
  value,
  onChange,
}: {
  scopes: readonly Scope[];
  value: string[];
  onChange: (scopes: string[]) => void;
}) {
  const others = scopes.filter(({ action, group }) => action === null && group !== null);
  const labels = new Map(others.map(({ group }) => [group!.name, group!.label]));
  return (
    <Checkbox.Group aria-label="Scopes" value={value} onChange={onChange}>
      <ScopeGrid scopes={scopes} />
      {[...labels].map(([groupName, groupLabel]) => (
        <Fieldset
          key={groupName}
          variant="unstyled"
          mt="sm"
          legend={
            <Text span size="xs" c="dimmed">
              {groupLabel}
            </Text>
          }
        >
          <Stack gap="xs">
            {others
              .filter(({ group }) => group?.name === groupName)
              .map(({ name, label, description, may_grant: mayGrant }) => (
                <Checkbox
                  key={name}
                  size="xs"
                  value={name}
                  label={label}
                  description={description}
                  disabled={!mayGrant}
                />
              ))}
          </Stack>
        </Fieldset>
      ))}
    </Checkbox.Group>
  );
}
