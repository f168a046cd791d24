import { IconStack2, type Icon } from '@tabler/icons-react';
import type { ObjectType } from '../api/object-queries.ts';
import { UNLISTED_OBJECTS } from '../crm/object-icons.ts';
import type { Navigation, Page } from '../page-definition.ts';
import { PAGES, RECORD_GROUP, SETTINGS_GROUPS, type PageName } from '../pages.ts';
import { paths } from '../paths.ts';

/** An item of the sidebar or the palette. */
export interface Destination {
  label: string;
  icon: Icon;
  link: (ReturnType<(typeof paths)[NavName]> & { hash?: string }) | ReturnType<typeof paths.records>;
  /** The required scope; null for everyone. */
  scope: string | null;
  aliases: readonly string[];
  features: readonly string[];
  isInPaletteOnly: boolean;
}

/** The pages that navigation or palette lists. */
type NavName = {
  [Name in PageName]: (typeof PAGES)[Name] extends { nav: Navigation } ? Name : never;
}[PageName];

/** Record lists and the pages among them, then the lists of all other objects. */
export function recordDestinations(objects: readonly ObjectType[]): Destination[] {
  const known = RECORD_GROUP.flatMap((item) =>
    typeof item === 'string'
      ? destinationsIn('records').filter(({ name }) => name === item)
      : [listOf(item.plural, item.title, item.icon)],
  );
  const plurals = new Set(RECORD_GROUP.map((item) => (typeof item === 'string' ? null : item.plural)));
  const others = objects.filter(
    ({ key, plural, in_use: isUsed }) => isUsed && !plurals.has(plural) && !UNLISTED_OBJECTS.has(key),
  );
  return [...known, ...others.map(({ plural, plural_label: label }) => listOf(plural, label, IconStack2))];
}

function listOf(plural: string, label: string, icon: Icon): Destination {
  const link = paths.records(plural);
  return { label, icon, link, scope: `${plural}:read`, aliases: [], features: [], isInPaletteOnly: false };
}

/** The pages of a group, each followed by its sections. */
export function destinationsIn(group: Navigation['group']): (Destination & { name: NavName })[] {
  return (Object.keys(PAGES) as PageName[]).filter(isNavName).flatMap((name) => {
    const { title, scope = null, nav }: Page & { nav: Navigation } = PAGES[name];
    if (nav.group !== group) return [];
    const link = paths[name]();
    const page = {
      name,
      label: title ?? name,
      icon: nav.icon,
      link,
      scope,
      aliases: nav.aliases ?? [],
      features: nav.features ?? [],
      isInPaletteOnly: nav.isInPaletteOnly ?? nav.group === 'create',
    };
    const sections = (nav.sections ?? []).map((section) => ({
      ...page,
      label: section.title,
      icon: section.icon,
      link: { ...link, hash: section.hash },
      aliases: section.aliases,
      features: [],
      isInPaletteOnly: true,
    }));
    return [page, ...sections];
  });
}

/** The pages of the settings by group, in order. */
export function settingsGroups(): { title: string; destinations: Destination[] }[] {
  const all = destinationsIn('settings').filter(({ isInPaletteOnly }) => !isInPaletteOnly);
  const placed = new Set<string>(SETTINGS_GROUPS.flatMap(({ pages }) => pages));
  return SETTINGS_GROUPS.map(({ title, pages }) => ({
    title,
    destinations: [
      ...pages.flatMap((name) => all.filter((item) => item.name === name)),
      ...(title === 'Records' ? all.filter(({ name }) => !placed.has(name)) : []),
    ],
  }));
}

function isNavName(name: PageName): name is NavName {
  return 'nav' in PAGES[name];
}
