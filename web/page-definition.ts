import type { Icon } from '@tabler/icons-react';
import type { QueryClient } from '@tanstack/react-query';
import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router';

/** A page of the dashboard. Its route, its link, its navigation item and its palette item follow from it. */
export interface Page {
  /** With `$name` for a parameter, as in `/forms/$id`. */
  path: `/${string}`;
  /** `inside` needs a session. */
  frame: 'outside' | 'inside';
  /** The title of the page, of its document and of the links to it; null if it depends on what the page shows. */
  title: string | null;
  component: RouteComponent;
  /** Loads what else the page needs, before it is drawn. @param params of the path */
  load?: (params: Readonly<Record<string, string>>, queries: QueryClient) => Promise<void>;
  /** Parses the parameters of the query. */
  search?: (input: Record<string, unknown>) => object;
  /** The scope that the page requires; null for everyone. A role has scopes. */
  scope?: string | null;
  /** Where links to the page are; without it, other pages link to it. */
  nav?: Navigation;
}

/** An item of the sidebar and of the command palette. */
export interface Navigation {
  /** `create` is a group of the palette only. */
  group: 'records' | 'settings' | 'create';
  icon: Icon;
  isInPaletteOnly?: boolean;
  /** Names and paths that the documentation of other CRMs uses for this page. */
  aliases?: readonly string[];
  /** Features on this page; searchable, but not shown. */
  features?: readonly string[];
  /** Sections of this page that the palette finds. */
  sections?: readonly { hash: string; title: string; icon: Icon; aliases: readonly string[] }[];
}

/** Loads a page on its first visit. */
export function lazy<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  load: () => Promise<Module>,
  name: Name,
): RouteComponent {
  return lazyRouteComponent(load as () => Promise<Record<string, RouteComponent>>, name) as RouteComponent;
}
