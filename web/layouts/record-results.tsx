import { useDebouncedValue } from '@mantine/hooks';
import type { SpotlightActionData } from '@mantine/spotlight';
import { IconStack2 } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useObjects } from '../api/object-queries.ts';
import { searchQuery } from '../api/search-queries.ts';
import { OBJECT_ICONS } from '../crm/object-icons.ts';
import { paths } from '../paths.ts';

/** The records of one object that were found. */
interface ResultGroup {
  group: string;
  actions: SpotlightActionData[];
}

const DELAY_MS = 120;
const MAX_WORDS = 200;

/**
 * The records that match what is typed, by object, in the order of the best of each. `arrival` changes whenever others
 * have arrived.
 */
export function useRecordResults(typed: string): {
  groups: ResultGroup[];
  isSearching: boolean;
  /** The newest changes may be missing. */
  isBehind: boolean;
  arrival: unknown;
} {
  const navigate = useNavigate();
  const objects = useObjects();
  const current = typed.trim().slice(0, MAX_WORDS);
  const [words] = useDebouncedValue(current, DELAY_MS);
  const { data, isFetching } = useQuery({
    ...searchQuery(words),
    // Until the next results arrive, those of the words before are shown.
    placeholderData: keepPreviousData,
  });
  const results = current === '' || words === '' ? [] : (data?.data ?? []);
  const found = objects
    .map((object) => ({ object, first: results.findIndex(({ type }) => type === object.key) }))
    .filter(({ first }) => first !== -1)
    .toSorted((a, b) => a.first - b.first);
  const groups = found.map(({ object }) => {
    const Icon = OBJECT_ICONS[object.key] ?? IconStack2;
    return {
      group: object.plural_label,
      actions: results
        .filter(({ type }) => type === object.key)
        .map(({ id, title, subtitle, matched }) => ({
          id,
          label: title,
          description: subtitle ?? matched.find(({ text }) => text !== title)?.text ?? '',
          leftSection: <Icon size={18} stroke={1.6} />,
          onClick: () => void navigate(paths.record(object.plural, id)),
        })),
    };
  });
  return {
    groups,
    isSearching: current !== '' && (isFetching || words !== current),
    isBehind: data?.search_behind === true,
    arrival: data,
  };
}
