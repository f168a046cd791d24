import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
  type AnyRoute,
  type AnyValidator,
  type ResolveFullPath,
  type ResolveId,
} from '@tanstack/react-router';
import { objectsQuery } from './api/object-queries.ts';
import { sessionQuery } from './api/session-queries.ts';
import type { Page } from './page-definition.ts';
import { PAGES, type PageName } from './pages.ts';
import { paths } from './paths.ts';
import { ErrorPage } from './ui/error-page.tsx';
import { NotFoundPage } from './ui/not-found-page.tsx';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

/** The frame of signed-out pages. */
const outside = createRoute({
  getParentRoute: () => root,
  id: 'outside',
  component: lazyRouteComponent(() => import('./layouts/signed-out-layout.tsx'), 'OutsideLayout'),
});

/** The frame of signed-in pages; without a session, they redirect to sign-in and back. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: lazyRouteComponent(() => import('./layouts/app-layout.tsx'), 'AppLayout'),
  async beforeLoad({ context, location }) {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session === null) throw redirect(paths.signIn(location.href));
  },
  loader: ({ context }) => context.queries.ensureQueryData(objectsQuery),
});

type Frame = 'outside' | 'inside';
type SearchOf<P> = P extends { search: infer Search extends AnyValidator } ? Search : undefined;
type PagesIn<F extends Frame> = {
  [Name in PageName as (typeof PAGES)[Name]['frame'] extends F ? Name : never]: (typeof PAGES)[Name];
};

function makeRoute<Parent extends AnyRoute, Path extends string, Search extends AnyValidator>(
  parent: Parent,
  page: Page,
) {
  return createRoute<
    unknown,
    Parent,
    Path,
    ResolveFullPath<Parent, Path>,
    string,
    ResolveId<Parent, string, Path>,
    Search
  >({
    getParentRoute: () => parent,
    path: page.path as Path,
    validateSearch: page.search as Search,
    component: page.component,
    loader: ({ params, context }) =>
      page.load?.(params as Record<string, string>, (context as { queries: QueryClient }).queries),
    staticData: { title: page.title },
  });
}

/** The routes of the pages in a frame, by their names. */
function routesIn<Parent extends AnyRoute, F extends Frame>(parent: Parent, frame: F) {
  type Routes = {
    [Name in keyof PagesIn<F>]: ReturnType<
      typeof makeRoute<Parent, PagesIn<F>[Name]['path'], SearchOf<PagesIn<F>[Name]>>
    >;
  };
  const entries = Object.entries<Page>(PAGES).filter(([, page]) => page.frame === frame);
  return Object.fromEntries(
    entries.map(([name, page]) => [name, makeRoute(parent, page)]),
  ) as unknown as Routes;
}

const routeTree = root.addChildren([
  outside.addChildren(routesIn(outside, 'outside')),
  inside.addChildren(routesIn(inside, 'inside')),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    parseSearch: parseSearchWith(searchValue),
    stringifySearch: stringifySearchWith(JSON.stringify, searchValue),
    scrollRestoration: true,
    defaultPreload: 'intent',
    // React Query manages staleness.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

/** The value of a search parameter. A number that would be written otherwise stays text: `1e3`, or an ID of 20 digits. */
function searchValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'number' && String(value) !== text) throw new SyntaxError('not the same number');
  return value;
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
  interface StaticDataRouteOption {
    /** The title of the page; null if it depends on what the page shows. */
    title?: string | null;
  }
}
