import { useQuery } from '@tanstack/react-query';
import { connectionKindsQuery, connectionQuery } from '../api/connection-queries.ts';
import { MANUAL } from '../api/payment-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import type { FilterProps } from '../fields/field-kind.ts';
import { paths } from '../paths.ts';
import { capitalised } from '../ui/capitalised.ts';
import { SelectFilter } from '../ui/filters.tsx';
import { TextLink } from '../ui/router-links.tsx';

/** The systems that report payments, with their labels. */
function useProviders(): { value: string; label: string }[] {
  const mayRead = useHasScope('connections:read');
  const { data: kinds = [] } = useQuery({ ...connectionKindsQuery, enabled: mayRead });
  return kinds
    .filter(({ scopes }) => scopes.includes('payments:write'))
    .map(({ name, label }) => ({ value: name, label }));
}

/** The label of a provider, as a function. */
export function useProviderName(): (provider: string) => string {
  const providers = useProviders();
  return (provider) =>
    provider === MANUAL
      ? 'By hand'
      : (providers.find(({ value }) => value === provider)?.label ?? capitalised(provider));
}

export function ProviderName({ provider }: { provider: string }) {
  return useProviderName()(provider);
}

export function ProviderFilter({ field, value, onChange }: FilterProps) {
  const providers = useProviders();
  return (
    <SelectFilter
      label={field.label}
      value={value}
      onChange={onChange}
      options={[...providers, { value: MANUAL, label: 'By hand' }]}
    />
  );
}

/** Links to the connection that reported a payment. */
export function ConnectionLink({ id }: { id: string }) {
  const mayRead = useHasScope('connections:read');
  const { data } = useQuery({
    ...connectionQuery(id),
    refetchInterval: false,
    enabled: mayRead,
    retry: false,
  });
  return data ? (
    <TextLink {...paths.connection(id)}>{data.name}</TextLink>
  ) : (
    <span>Deleted or no access</span>
  );
}
