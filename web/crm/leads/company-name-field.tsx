import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { companies, companyByName } from '../../api/company-queries.ts';
import { useMay } from '../../api/session-queries.ts';

/** As many as the API gives at once. */
const OFFERED = 200;

/** A company by its name: one that is there already, else a new one. It says which. */
export function CompanyNameField({ value = '', ...props }: Omit<AutocompleteProps, 'data'>) {
  const may = useMay('companies:read');
  const [settled] = useDebouncedValue(value.trim(), 250);
  const { data: newest = [] } = useInfiniteQuery({ ...companies.list({ limit: OFFERED }), enabled: may });
  const { data: same } = useQuery({ ...companyByName(settled), enabled: may && settled !== '' });
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
    if (value.trim() === '') return 'Left empty, no company is made.';
    if (!may || settled !== value.trim() || same === undefined) return 'One of this name is used, else made.';
    return same ? `${same.name} is there already, and is used.` : 'There is none of this name: it is made.';
  }
}
