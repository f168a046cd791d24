import { Checkbox, Input, SegmentedControl, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { scopesQuery } from '../../api/scope-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { ScopeGrid } from './scope-grid.tsx';

/** What a key may do: everything that its maker may, or what is ticked. */
export function ScopeField({
  value = null,
  onChange,
  error,
}: {
  /** Null: as much as its maker. */
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
            { value: 'all', label: 'All that I may do' },
            { value: 'chosen', label: 'Only what I choose' },
          ]}
        />
      </Input.Wrapper>
      {value !== null && <ScopeChoice value={value} onChange={onChange} />}
    </Stack>
  );
}

/** Every scope there is, as the API lists them; what the person may not give cannot be ticked. */
function ScopeChoice({ value, onChange }: { value: string[]; onChange: (scopes: string[]) => void }) {
  const scopes = useQuery(scopesQuery);
  if (scopes.error) return <ErrorPanel error={scopes.error} retry={() => void scopes.refetch()} />;
  if (!scopes.data) return <Skeleton height={240} aria-busy />;
  const others = scopes.data.filter(({ action, name }) => action === null && name !== '*');
  return (
    <Checkbox.Group aria-label="Chosen scopes" value={value} onChange={onChange}>
      <ScopeGrid scopes={scopes.data} />
      <Stack gap="xs" mt="sm">
        {others.map(({ name, label, description, may_grant: mayGrant }) => (
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
    </Checkbox.Group>
  );
}
