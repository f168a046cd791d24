import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import { requiredText } from '../../base/values/text.ts';
import { MAX_OPTION_LENGTH } from './lead-enrich.ts';
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
  name: requiredText(MAX_OPTION_LENGTH).meta({ description: 'Unlike every other, whatever the case.' }),
});

type Named = { name: string };

/**
 * The routes of one kind of word.
 * @param words.path under /api/v1, as in `lead-sources`
 * @param words.one as in `lead source`
 */
export function leadOptionRoutes(
  store: LeadOptions,
  recordChange: RecordChange,
  words: { path: string; one: string },
): Route[] {
  const path = `/api/v1/${words.path}`;
  const { one: item } = words;
  const noun = item.replaceAll(' ', '_');
  const tag = 'leads';

  const list = route<undefined, PageQuery>({
    method: 'GET',
    path,
    scope: 'leads:read',
    tag,
    summary: `List ${item}s`,
    query: pageQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, words.path).id : null;
      const rows = await store.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: LeadOption) =>
        encodeCursor({ sort: words.path, value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });

  const create = route<Named>({
    method: 'POST',
    path,
    scope: 'leads:write',
    tag,
    summary: `Create a ${item}`,
    description: '409 where there is one of this name, whatever the case.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const made = await store.create({ workspaceId, actor }, ctx.body.name, entering(ctx, 201, 'created'));
      return { status: 201, body: made, headers: { location: `${path}/${made.id}` } };
    },
  });

  const get = route({
    method: 'GET',
    path: `${path}/:id`,
    scope: 'leads:read',
    tag,
    summary: `Get a ${item}`,
    answers: { 200: shape },
    async handle({ caller, params }) {
      const found = await store.get(caller.workspaceId, params['id']!);
      if (!found) throw new ApiError('not_found', `There is no ${item} with this id.`);
      return { status: 200, body: found };
    },
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<{ name?: string | undefined }>({
      method,
      path: `${path}/:id`,
      scope: 'leads:write',
      tag,
      summary: `Rename a ${item}`,
      description: 'Leads keep the name that they have.',
      body: body.partial(),
      answers: { 200: shape },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        const id = ctx.params['id']!;
        const name = ctx.body.name ?? (await store.get(workspaceId, id))?.name;
        if (name === undefined) throw new ApiError('not_found', `There is no ${item} with this id.`);
        const renamed = await store.rename(workspaceId, id, name, entering(ctx, 200, 'updated'));
        return { status: 200, body: renamed };
      },
    });

  const remove = route({
    method: 'DELETE',
    path: `${path}/:id`,
    scope: 'leads:write',
    tag,
    summary: `Delete a ${item}`,
    description: 'Leads keep the name that they have.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await store.remove(ctx.caller.workspaceId, ctx.params['id']!, entering(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });

  return [list, create, get, update('PATCH'), update('PUT'), remove];

  /** Enters the change, with its answer, in the change's own transaction. */
  function entering(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'deleted',
  ): Parameters<LeadOptions['create']>[2] {
    return (trx, word) =>
      recordChange.enter(
        trx,
        ctx,
        { action: `${noun}.${done}`, objectType: noun, objectId: word.id, details: { name: word.name } },
        { status, body: done === 'deleted' ? '' : JSON.stringify(word) },
      );
  }
}
