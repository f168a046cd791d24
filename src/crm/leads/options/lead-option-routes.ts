import { z } from 'zod';
import { ApiError } from '../../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../../db/page.ts';
import type { RecordChange } from '../../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../../http/paging.ts';
import { route, type Route } from '../../../http/route.ts';
import { requiredText } from '../../../base/values/text.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../../http/change-recorder.ts';
import { MAX_OPTION_LENGTH } from '../lead-enrich.ts';
import type { LeadOption, LeadOptions } from './lead-option.ts';

const shape = z.object({
  id: z.uuid(),
  name: z.string(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const body = z.strictObject({
  ...Object.fromEntries(
    ['id', 'created_by', 'created_at', 'updated_at'].map((name) => [
      name,
      z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
    ]),
  ),
  name: requiredText(MAX_OPTION_LENGTH).meta({ description: 'Unique, ignoring case.' }),
});

type NameBody = { name: string };

/** Whose routes these are: sources, or event types. */
interface OptionKind {
  /** Under /api/v1, as in `lead-sources`. */
  path: string;
  /** For summaries and messages, as in `lead source`. */
  label: string;
}

const tag = 'leads';

/** The routes of one kind of lead option. */
export function leadOptionRoutes(store: LeadOptions, recordChange: RecordChange, kind: OptionKind): Route[] {
  const changeRecorder = makeChangeRecorder<LeadOption>(recordChange, {
    objectType: kind.label.replaceAll(' ', '_'),
    detailsOf: ({ name }) => ({ name }),
  });
  return [
    listRoute(store, kind),
    createRoute(store, kind, changeRecorder),
    getRoute(store, kind),
    updateRoute('PATCH', store, kind, changeRecorder),
    updateRoute('PUT', store, kind, changeRecorder),
    deleteRoute(store, kind, changeRecorder),
  ];
}

function listRoute(store: LeadOptions, { path, label }: OptionKind): Route {
  return route<undefined, PageQuery>({
    method: 'GET',
    path: `/api/v1/${path}`,
    scope: 'leads:read',
    tag,
    summary: `List ${label}s`,
    query: pageQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, path).id : null;
      const rows = await store.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: LeadOption) => encodeCursor({ sort: path, value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });
}

function createRoute(
  store: LeadOptions,
  { path, label }: OptionKind,
  changeRecorder: ChangeRecorder<LeadOption>,
): Route {
  return route<NameBody>({
    method: 'POST',
    path: `/api/v1/${path}`,
    scope: 'leads:write',
    tag,
    summary: `Create a ${label}`,
    description: '409 if one with this name exists, ignoring case.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const afterWrite = changeRecorder(ctx, 201, 'created');
      const option = await store.create({ workspaceId, actor }, ctx.body.name, afterWrite);
      return { status: 201, body: option, headers: { location: `/api/v1/${path}/${option.id}` } };
    },
  });
}

function getRoute(store: LeadOptions, { path, label }: OptionKind): Route {
  return route({
    method: 'GET',
    path: `/api/v1/${path}/:id`,
    scope: 'leads:read',
    tag,
    summary: `Get a ${label}`,
    answers: { 200: shape },
    async handle({ caller, params }) {
      const found = await store.get(caller.workspaceId, params['id']!);
      if (!found) throw new ApiError('not_found', `There is no ${label} with this id.`);
      return { status: 200, body: found };
    },
  });
}

function updateRoute(
  method: 'PATCH' | 'PUT',
  store: LeadOptions,
  { path, label }: OptionKind,
  changeRecorder: ChangeRecorder<LeadOption>,
): Route {
  return route<{ name?: string | undefined }>({
    method,
    path: `/api/v1/${path}/:id`,
    scope: 'leads:write',
    tag,
    summary: `Rename a ${label}`,
    description: 'Existing leads keep the old name.',
    body: body.partial(),
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      const name = ctx.body.name ?? (await store.get(workspaceId, id))?.name;
      if (name === undefined) throw new ApiError('not_found', `There is no ${label} with this id.`);
      const renamed = await store.rename(workspaceId, id, name, changeRecorder(ctx, 200, 'updated'));
      return { status: 200, body: renamed };
    },
  });
}

function deleteRoute(
  store: LeadOptions,
  { path, label }: OptionKind,
  changeRecorder: ChangeRecorder<LeadOption>,
): Route {
  return route({
    method: 'DELETE',
    path: `/api/v1/${path}/:id`,
    scope: 'leads:write',
    tag,
    summary: `Delete a ${label}`,
    description: 'Existing leads keep the name.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const afterWrite = changeRecorder(ctx, 204, 'deleted');
      await store.remove(ctx.caller.workspaceId, ctx.params['id']!, afterWrite);
      return { status: 204, body: null };
    },
  });
}
