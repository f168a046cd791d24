import { Spotlight, type SpotlightActionData, type SpotlightFilterFunction } from '@mantine/spotlight';
import { IconBook, IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { nounOf, useObjects, type ObjectType } from '../api/object-queries.ts';
import { useScopeCheck } from '../api/session-queries.ts';
import { API_REFERENCE, paths } from '../paths.ts';
import { recordDestinations, SETTINGS, type Destination } from './destinations.ts';

/** Ctrl-K or Cmd-K: every page by its name, and by the names that other CRMs' documents give it. */
export function Palette() {
  const navigate = useNavigate();
  const may = useScopeCheck();
  const objects = useObjects();

  const goTo = ({
    label,
    icon: Icon,
    link,
    alsoKnownAs = [],
    has = [],
  }: Destination): SpotlightActionData => ({
    id: label,
    label,
    ...(alsoKnownAs.length > 0 && { description: alsoKnownAs.join(' · ') }),
    keywords: [...alsoKnownAs, ...has],
    leftSection: <Icon size={18} stroke={1.6} />,
    onClick: () => void navigate(link),
  });
  const permitted = (all: readonly Destination[]) =>
    all.filter(({ scope }) => scope === null || may(scope)).map(goTo);

  return (
    <Spotlight
      shortcut={['mod + K']}
      filter={byWords}
      nothingFound="Nothing is called that."
      scrollable
      centered={false}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      maxHeight="24rem"
      searchProps={{
        placeholder: 'Go to a page, or make something',
        'aria-label': 'Search pages and commands',
        leftSection: <IconSearch size={18} stroke={1.6} />,
      }}
      actions={[
        { group: 'Records', actions: permitted(recordDestinations(objects)) },
        {
          group: 'Make',
          actions: creations(objects)
            .filter(({ scope }) => may(scope))
            .map(({ label, link }) => ({
              id: label,
              label,
              leftSection: <IconPlus size={18} stroke={1.6} />,
              onClick: () => void navigate(link),
            })),
        },
        { group: 'Settings', actions: permitted(SETTINGS) },
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

function creations(objects: readonly ObjectType[]) {
  const records = objects.map((object) => ({
    label: `New ${nounOf(object)}`,
    scope: `${object.plural}:write`,
    link: paths.newRecord(object.plural),
  }));
  return [...records, { label: 'New form', scope: 'forms:write', link: paths.newForm() }];
}

/**
 * Every word that was typed has to stand somewhere; arrows and the like, as documents print them, are no words. What is
 * called just that comes first.
 */
const byWords: SpotlightFilterFunction = (query, groups) => {
  const wanted = wordsOf(query);
  const isNameOf = (action: Named) =>
    namesOf(action).some((name) => wordsOf(name).join(' ') === wanted.join(' '));
  return groups.flatMap((group) => {
    if (!('actions' in group)) return [];
    const actions = group.actions
      .filter((action) => {
        const existing = namesOf(action).join(' ').toLowerCase();
        return wanted.every((word) => existing.includes(word));
      })
      .toSorted((item, other) => Number(isNameOf(other)) - Number(isNameOf(item)));
    return actions.length > 0 ? [{ ...group, actions }] : [];
  });
};

type Named = Pick<SpotlightActionData, 'label' | 'keywords'>;

function namesOf({ label = '', keywords = [] }: Named): string[] {
  return [label, keywords].flat();
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
