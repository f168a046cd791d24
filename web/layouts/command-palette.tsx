import { Spotlight, type SpotlightActionData, type SpotlightFilterFunction } from '@mantine/spotlight';
import { IconBook, IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { nounOf, useObjects, type ObjectType } from '../api/object-queries.ts';
import { useScopeCheck } from '../api/session-queries.ts';
import { UNLISTED_OBJECTS } from '../crm/object-icons.ts';
import { API_REFERENCE, paths } from '../paths.ts';
import { destinationsIn, recordDestinations, type Destination } from './nav-items.ts';
import { useRecordResults } from './record-results.tsx';

/** The command palette (Ctrl-K or Cmd-K): finds records, and pages by name and by their names in other CRMs. */
export function Palette() {
  const navigate = useNavigate();
  const hasScope = useScopeCheck();
  const objects = useObjects();
  const [query, setQuery] = useState('');
  const { groups: results, isSearching, isBehind, arrival } = useRecordResults(query);
  const hasMoved = useRef(false);
  useEffect(() => {
    if (arrival !== undefined && !hasMoved.current) selectFirst();
  }, [arrival]);

  const goTo = ({ label, icon: Icon, link, aliases, features }: Destination): SpotlightActionData => ({
    id: label,
    label,
    ...(aliases.length > 0 && { description: aliases.join(' · ') }),
    keywords: [...aliases, ...features],
    leftSection: <Icon size={18} stroke={1.6} />,
    onClick: () => void navigate(link),
  });
  const permitted = (all: readonly Destination[]) =>
    all.filter(({ scope }) => scope === null || hasScope(scope)).map(goTo);

  return (
    <Spotlight
      shortcut={['mod + K']}
      // Also from within a text field, where people are when they look something up.
      tagsToIgnore={[]}
      triggerOnContentEditable
      query={query}
      onQueryChange={(typed) => {
        hasMoved.current = false;
        setQuery(typed);
      }}
      // The API has filtered the records.
      filter={(typed, groups) => [
        ...filterByWords(typed, groups.slice(results.length)),
        ...groups.slice(0, results.length),
      ]}
      nothingFound={
        isSearching ? 'Searching…' : isBehind ? 'No results yet: the search is catching up' : 'No results'
      }
      scrollable
      centered={false}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      maxHeight="24rem"
      searchProps={{
        placeholder: 'Search records, pages and commands',
        'aria-label': 'Search pages and commands',
        leftSection: <IconSearch size={18} stroke={1.6} />,
        onKeyDown: ({ key }) => {
          if (key === 'ArrowDown' || key === 'ArrowUp') hasMoved.current = true;
        },
      }}
      actions={[
        ...results,
        { group: 'Records', actions: permitted(recordDestinations(objects)) },
        {
          group: 'Create',
          actions: [
            ...newRecords(objects)
              .filter(({ scope }) => hasScope(scope))
              .map(({ label, link }) => ({
                id: label,
                label,
                leftSection: <IconPlus size={18} stroke={1.6} />,
                onClick: () => void navigate(link),
              })),
            ...permitted(destinationsIn('create')),
          ],
        },
        { group: 'Settings', actions: permitted(destinationsIn('settings')) },
        {
          group: 'Help',
          actions: [
            {
              id: 'API reference',
              label: 'API reference',
              leftSection: <IconBook size={18} stroke={1.6} />,
              onClick: () => void window.open(API_REFERENCE, '_blank', 'noopener'),
            },
          ],
        },
      ]}
    />
  );
}

/**
 * Enter opens the selected entry. Records arrive after the palette has selected one, and the order changes: without
 * this, the first of an earlier order stays selected.
 */
function selectFirst(): void {
  const actions = Array.from(document.querySelectorAll('[data-action]'));
  for (const action of actions.slice(1)) delete (action as HTMLElement).dataset['selected'];
  actions[0]?.setAttribute('data-selected', 'true');
}

function newRecords(objects: readonly ObjectType[]) {
  return objects
    .filter(({ key }) => !UNLISTED_OBJECTS.has(key))
    .map((object) => ({
      label: `New ${nounOf(object)}`,
      scope: `${object.plural}:write`,
      link: paths.newRecord(object.plural),
    }));
}

/** Matches entries that contain every word of the query, ignoring arrows and punctuation. Exact names come first. */
const filterByWords: SpotlightFilterFunction = (query, groups) => {
  const words = wordsOf(query);
  const isNameOf = (action: Searchable) =>
    namesOf(action).some((name) => wordsOf(name).join(' ') === words.join(' '));
  return groups.flatMap((group) => {
    if (!('actions' in group)) return [];
    const actions = group.actions
      .filter((action) => {
        const text = namesOf(action).join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .toSorted((item, other) => Number(isNameOf(other)) - Number(isNameOf(item)));
    return actions.length > 0 ? [{ ...group, actions }] : [];
  });
};

type Searchable = Pick<SpotlightActionData, 'label' | 'keywords'>;

function namesOf({ label = '', keywords = [] }: Searchable): string[] {
  return [label, keywords].flat();
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
