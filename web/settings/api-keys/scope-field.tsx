import { Checkbox, Fieldset, Input, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { scopesQuery } from '../../api/scope-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { ScopeGrid } from './scope-grid.tsx';

/** The scopes of a key: all scopes of its creator, or a selection. */
export function ScopeField({
  value = null,
  onChange,
  error,
}: {
  /** Null: all scopes of the creator. */
  value?: string[] | null;
  onChange: (scopes: string[] | null) => void;
  error?: React.ReactNode;
}) {
  return (
    <Stack gap="xs">
      <Input.Wrapper label="Scopes" error={error}>
        <SegmentedControl
          aria-label="Scopes"
          fullWidth
          size="xs"
          value={value === null ? 'all' : 'chosen'}
          onChange={(choice) => onChange(choice === 'all' ? null : [])}
          data={[
            { value: 'all', label: 'All my permissions' },
            { value: 'chosen', label: 'Selected scopes' },
          ]}
        />
      </Input.Wrapper>
      {value !== null && <ScopeChoice value={value} onChange={onChange} />}
    </Stack>
  );
}

/** All scopes of the API except `*`, by group; those that the user may not grant are disabled. */
function ScopeChoice({ value, onChange }: { value: string[]; onChange: (scopes: string[]) => void }) {
  const scopes = useQuery(scopesQuery);
  if (scopes.error) return <ErrorPanel error={scopes.error} retry={() => void scopes.refetch()} />;
  if (!scopes.data) return <Skeleton height={240} aria-busy />;
  const others = scopes.data.filter(({ action, group }) => action === null && group !== null);
  const labels = new Map(others.map(({ group }) => [group!.name, group!.label]));
  return (
    <Checkbox.Group aria-label="Selected scopes" value={value} onChange={onChange}>
      <ScopeGrid scopes={scopes.data} />
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
