import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { companies, companyByNameQuery } from '../../api/company-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';

/** The maximum page size of the API. */
const MAX_OPTIONS = 200;

/** Enters a company by name. The hint says whether it exists or will be created. */
export function CompanyNameField({ value = '', ...props }: Omit<AutocompleteProps, 'data'>) {
  const may = useHasScope('companies:read');
  const [debounced] = useDebouncedValue(value.trim(), 250);
  const { data: newest = [] } = useInfiniteQuery({ ...companies.list({ limit: MAX_OPTIONS }), enabled: may });
  const { data: same } = useQuery({ ...companyByNameQuery(debounced), enabled: may && debounced !== '' });
  return (
    <Autocomplete
      label="Company"
      description={hint()}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data={[...new Set(newest.map(({ name }) => name))]}
      limit={20}
      maxLength={200}
      value={value}
      {...props}
    />
  );

  function hint(): string {
    if (value.trim() === '') return 'Leave empty for no company.';
    if (!may || debounced !== value.trim() || same === undefined)
      return 'An existing company with this name is used, or a new one is created.';
    return same ? `${same.name} already exists and will be used.` : 'A new company will be created.';
  }
}
