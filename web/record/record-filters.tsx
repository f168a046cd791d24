import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import { inSentence, type ObjectType } from '../api/object-queries.ts';
import { FilterBar, SearchFilter } from '../ui/filters.tsx';
import { filterFields } from './object-fields.ts';
import { useObjectView } from './object-view.ts';

type Filters = Readonly<Record<string, string | undefined>>;

/** The search and the filters of a list. Filters that are used less are shown on request, or while they are set. */
export function RecordFilters({
  object,
  filters,
  onFilters,
  hidden,
}: {
  object: ObjectType;
  /** By parameter. */
  filters: Filters;
  onFilters: (change: Record<string, string | undefined>) => void;
  /** Parameters of filters that do not apply. */
  hidden: readonly string[];
}) {
  const { first, further } = filterFields(object, useObjectView(object.key));
  const [showsAll, showAll] = useDisclosure();
  const isSet = further.filter(({ field }) => filters[parameterOf(field)] !== undefined);
  const shown = [...first, ...(showsAll ? further : isSet)].filter(
    ({ field }) => !hidden.includes(parameterOf(field)),
  );
  if (!object.searchable && shown.length === 0 && further.length === 0) return null;
  return (
    <FilterBar>
      {object.searchable && (
        <SearchFilter
          name={`Search ${inSentence(object.plural_label)}`}
          value={filters['q']}
          onChange={(q) => onFilters({ q })}
        />
      )}
      {shown.map(({ field, Drawn: Filter }) => (
        <Filter
          key={field.key}
          field={field}
          value={filters[parameterOf(field)]}
          onChange={(value) => onFilters({ [parameterOf(field)]: value })}
          filters={filters}
          onFilters={onFilters}
        />
      ))}
      {!showsAll && further.length > isSet.length && (
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          leftSection={<IconFilter size={15} stroke={1.6} />}
          onClick={showAll.open}
        >
          More filters
        </Button>
      )}
    </FilterBar>
  );
}

function parameterOf({ key, filter }: ObjectType['fields'][number]): string {
  return filter?.parameter ?? key;
}
