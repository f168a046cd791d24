import type { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import type { Queryable } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { withExactAddresses } from '../../http/public/page-address.ts';
import { route, type Answer, type Ctx, type Route } from '../../http/route.ts';
import {
  pageCreateBody,
  pageSchema,
  pageUpdateBody,
  settingsOf,
  shownPage,
  type HostInput,
} from './booking-page-schema.ts';
import type { BookingPageStore, NewPage } from './booking-page-store.ts';
import type { BookingPage } from './booking-page.ts';
import { readPageHosts } from './page-problem.ts';

const PATH = '/api/v1/booking-pages';
const ITEM_PATH = `${PATH}/:id`;
const tag = 'booking-pages';

export interface BookingPageRouteParts {
  db: Database;
  pages: BookingPageStore;
  workspaceSettings: WorkspaceSettingsStore;
  recordChange: RecordChange;
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** Routes that manage booking pages. */
export function bookingPageRoutes(parts: BookingPageRouteParts): Route[] {
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
  ];
}

function listRoute(parts: BookingPageRouteParts): Route {
  return route<undefined, PageQuery>({
    method: 'GET',
    path: PATH,
    scope: 'booking:read',
    tag,
    summary: 'List booking pages',
    query: pageQuery,
    answers: { 200: pageShape(pageSchema) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'booking-pages').id : null;
      const rows = await parts.pages.list(caller.workspaceId, query.limit + 1, after);
      const show = await renderer(parts, parts.db.pool, caller.workspaceId, rows);
      const cursorOf = (row: BookingPage) =>
        encodeCursor({ sort: 'booking-pages', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, show) };
    },
  });
}

function createRoute(parts: BookingPageRouteParts): Route {
  return route<z.output<typeof pageCreateBody>>({
    method: 'POST',
    path: PATH,
    scope: 'booking:manage',
    tag,
    summary: 'Create a booking page',
    description:
      'A host without a schedule works Monday to Friday, 9:00 to 17:00, in the time zone of the workspace.',
    body: pageCreateBody,
    answers: { 201: pageSchema, 409: 'Another booking page has the slug.' },
    async handle(ctx) {
      const { workspaceId, actor, makerId } = ctx.caller;
      const hosts = ctx.body.hosts ?? (makerId === null ? [] : [makerId]);
      if (hosts.length === 0) throw invalid('hosts', 'is required: this key does not belong to a member');
      const settings = {
        ...withExactAddresses(settingsOf(ctx.body)),
        host_mode: ctx.body.host_mode ?? (hosts.length > 1 ? 'round_robin' : 'one'),
      } as NewPage;
      const { done, rendered } = recorder(parts, ctx, 201, 'created');
      await parts.pages.create({ workspaceId, actor }, { settings, hosts }, done);
      const { page, body } = rendered();
      return { ...answer(201, page, body), headers: { etag: '"1"', location: `${PATH}/${page.id}` } };
    },
  });
}

function getRoute(parts: BookingPageRouteParts): Route {
  return route({
    method: 'GET',
    path: ITEM_PATH,
    scope: 'booking:read',
    tag,
    summary: 'Get a booking page',
    answers: { 200: pageSchema },
    async handle({ caller: { workspaceId }, params }) {
      const page = await findPage(parts.pages, workspaceId, params['id']!);
      const show = await renderer(parts, parts.db.pool, workspaceId, [page]);
      return answer(200, page, JSON.stringify(show(page)));
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: BookingPageRouteParts): Route {
  return route<z.output<typeof pageUpdateBody>>({
    method,
    path: ITEM_PATH,
    scope: 'booking:manage',
    tag,
    summary: 'Update a booking page',
    description:
      'Changes only the settings sent; lists are replaced as a whole. A former slug leads nowhere. Appointments stay as they are.',
    body: pageUpdateBody,
    supportsIfMatch: true,
    answers: { 200: pageSchema, 409: 'Another booking page has the slug.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      const current = await findPage(parts.pages, workspaceId, id);
      const settings = withExactAddresses(settingsOf(ctx.body), current);
      const change = { settings, hosts: ctx.body.hosts as readonly HostInput[] | undefined };
      const { done, rendered } = recorder(parts, ctx, 200, 'updated');
      await parts.pages.update(workspaceId, id, change, ctx.ifMatch, done);
      const { page, body } = rendered();
      return answer(200, page, body);
    },
  });
}

function deleteRoute(parts: BookingPageRouteParts): Route {
  return route({
    method: 'DELETE',
    path: ITEM_PATH,
    scope: 'booking:manage',
    tag,
    summary: 'Delete a booking page',
    description: 'Its URL then answers 404. Its appointments stay.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { done } = recorder(parts, ctx, 204, 'deleted');
      await parts.pages.remove(ctx.caller.workspaceId, ctx.params['id']!, ctx.ifMatch, done);
      return { status: 204, body: null };
    },
  });
}

/** Throws `not_found`. */
export async function findPage(pages: BookingPageStore, workspaceId: Uuid, id: Uuid): Promise<BookingPage> {
  const page = await pages.get(workspaceId, id);
  if (!page) throw new ApiError('not_found', 'There is no booking page with this id.');
  return page;
}

async function renderer(
  { workspaceSettings, baseUrl }: BookingPageRouteParts,
  on: Queryable,
  workspaceId: Uuid,
  pages: readonly BookingPage[],
) {
  const { slug: workspaceSlug } = await workspaceSettings.get(workspaceId);
  const hostsFor = await readPageHosts(on, workspaceId, pages);
  return (page: BookingPage) => shownPage(page, { baseUrl: baseUrl(), workspaceSlug, ...hostsFor(page) });
}

/** Renders a page in the transaction of its change, for the response and for its idempotent answer. */
function recorder(
  parts: BookingPageRouteParts,
  ctx: Ctx<unknown, unknown>,
  status: number,
  action: 'created' | 'updated' | 'deleted',
) {
  let made: { page: BookingPage; body: string } | undefined;
  return {
    rendered: () => made!,
    async done(trx: Parameters<RecordChange>[0], page: BookingPage): Promise<void> {
      const isDeleted = action === 'deleted';
      const show = isDeleted ? null : await renderer(parts, trx, ctx.caller.workspaceId, [page]);
      const body = show ? JSON.stringify(show(page)) : '';
      const entry = {
        action: `booking_page.${action}`,
        objectType: 'booking_page',
        objectId: page.id,
        details: { title: page.title, slug: page.slug, active: page.active },
      };
      await parts.recordChange(trx, ctx, entry, { status, body });
      made = { page, body };
    },
  };
}

function answer(status: number, page: BookingPage, body: string): Answer {
  return { status, body, headers: { etag: `"${page.version}"` } };
}
