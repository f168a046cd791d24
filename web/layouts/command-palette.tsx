import '@mantine/spotlight/styles.css';
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightFilterFunction,
} from '@mantine/spotlight';
import { IconBook, IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FocusEvent } from 'react';
import { nounOf, useObjects, type ObjectType } from '../api/object-queries.ts';
import { useScopeCheck } from '../api/session-queries.ts';
import { UNLISTED_OBJECTS } from '../crm/object-icons.ts';
import { API_REFERENCE, paths } from '../paths.ts';
import { destinationsIn, recordDestinations, type Destination } from './nav-items.ts';
import { setPaletteCloser, takeTyped } from './palette-keys.ts';
import { useRecordResults } from './record-results.tsx';

const [store, spotlight] = createSpotlight();

/**
 * The command palette (Ctrl-K or Cmd-K): finds records, and pages by name and by their names in other CRMs.
 * @param requests opens it whenever this changes
 */
export function Palette({ requests }: { requests: number }) {
  const navigate = useNavigate();
  const hasScope = useScopeCheck();
  const objects = useObjects();
  const [query, setQuery] = useState('');
  const { groups: results, isSearching, isBehind, arrival } = useRecordResults(query);
  const hasMoved = useRef(false);
  useEffect(() => {
    if (arrival !== undefined && !hasMoved.current) selectFirst();
  }, [arrival]);

  useEffect(() => {
    if (requests > 0) spotlight.open();
  }, [requests]);
  useEffect(() => {
    setPaletteCloser(() => {
      const { opened } = store.getState();
      if (opened) spotlight.close();
      return opened;
    });
    return () => setPaletteCloser(() => false);
  }, []);

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
      store={store}
      // The key is handled before the palette is loaded (palette-keys.ts).
      shortcut={null}
      onSpotlightClose={takeTyped}
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
        onFocus: addTyped,
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

/** Adds what was typed before the input had the focus, as if it were typed now. */
function addTyped({ currentTarget: input }: FocusEvent<HTMLInputElement>): void {
  const typed = takeTyped();
  if (typed === '') return;
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!;
  set!.call(input, input.value + typed);
  input.dispatchEvent(new Event('input', { bubbles: true }));
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
