import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    reservedPaths: ReservedPaths;
  }
}

/** The paths that belong to the program, from the routes that are mounted. */
export interface ReservedPaths {
  /** Whether a path begins as a route does, so that it never shows the dashboard. */
  isRoute(path: string): boolean;
  /** Whether a path is one of the dashboard's own. Other systems link to them, for example by `lead_url`. */
  isPage(path: string): boolean;
  /**
   * Whether a name is taken in a path, so that a public page cannot have it.
   * @param name one segment, such as a slug
   * @param under the path before it, such as `/book`; parameters match any segment
   */
  has(name: string, under?: string): boolean;
}

/**
 * First segments of routes that 0.1.0 had. URLs stay: these are reserved even in a process that does not mount them, as
 * one without the API.
 */
const FIRST_SEGMENTS = [
  'api',
  'webhooks',
  'healthz',
  'readyz',
  'metrics',
  'docs',
  'analytics',
  'assets',
  'inbox',
  'f',
] as const;

/**
 * Collects the paths of the routes that are registered later.
 * @param dashboardPages first segments of the dashboard's own paths, such as `settings`
 */
export function reservedPaths(app: FastifyInstance, dashboardPages: readonly string[]): ReservedPaths {
  const first = new Set<string>(FIRST_SEGMENTS);
  const dashboard = new Set(dashboardPages);
  const routes = new Map<string, string[]>();
  app.addHook('onRoute', ({ url }) => {
    const segments = segmentsOf(url);
    routes.set(url, segments);
    const [segment] = segments;
    // Below a page of the dashboard, paths without a route stay pages.
    if (segment !== undefined && isFixed(segment) && !dashboard.has(segment)) first.add(segment);
  });
  return {
    // A path with a dot names a file, such as /leads/robots.txt.
    isPage: (path) => path === '/' || (dashboard.has(firstSegment(path)) && !path.includes('.')),
    isRoute: (path) => first.has(firstSegment(path)),

    has(name, under = '') {
      const before = segmentsOf(under);
      if (before.length === 0 && (first.has(name) || dashboard.has(name))) return true;
      return [...routes.values()].some(
        (segments) =>
          segments[before.length] === name &&
          before.every((segment, at) => segment === segments[at] || !isFixed(segments[at]!)),
      );
    },
  };
}

function firstSegment(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function isFixed(segment: string): boolean {
  return !/[:*]/.test(segment);
}
