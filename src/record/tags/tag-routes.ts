import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { plainText, requiredText } from '../../base/values/text.ts';
import { pageOf } from '../../db/page.ts';
import type { Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import { ignored } from '../fields/field.ts';
import { MAX_TAG } from '../fields/tags.ts';
import type { Noun } from '../noun.ts';
import type { RenamedTag, Tag, TagStore, Usage } from './tag-store.ts';

const PATH = '/api/v1/tags';
const tag = 'tags';
const MAX_MERGED = 50;

const shape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    is_changing: z
      .boolean()
      .meta({ description: 'Whether records are still being changed after a rename or a merge.' }),
    usage: z.record(z.string(), z.int()).optional().meta({
      description:
        'Number of records with the tag, by object, as in `contact`; objects that the caller may read.',
    }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Tag' });

const body = z.strictObject({
  ...Object.fromEntries(
    ['id', 'is_changing', 'usage', 'created_by', 'created_at', 'updated_at'].map((name) => [name, ignored]),
  ),
  name: requiredText(MAX_TAG).meta({ description: 'Unique, ignoring case.', examples: ['VIP'] }),
});

const listQuery = pageQuery.extend({
  q: requiredText(MAX_TAG)
    .optional()
    .meta({ description: 'Only tags whose name contains this text, in any case.' }),
  usage: z.stringbool().default(true).meta({ description: '`false` leaves out `usage`; faster.' }),
});

const mergeBody = z.strictObject({
  with: z
    .array(z.uuid().toLowerCase())
    .min(1)
    .max(MAX_MERGED)
    .transform((ids) => [...new Set(ids)])
    .meta({ description: 'Ids of the tags that are replaced by this one, and deleted.' }),
});

/** Folding can make a name longer. */
const MAX_FOLDED = 4 * MAX_TAG;

interface TagRouteParts {
  tags: TagStore;
  nouns: readonly Noun[];
  recordChange: RecordChange;
  /** Fires `tag.renamed`. @returns the lanes to wake after the commit */
  fireRenamed(trx: Transaction, ctx: Ctx<unknown, unknown>, tag: RenamedTag): Promise<LaneKey[]>;
  wake(lanes: LaneKey[]): void;
}

/** The routes of a workspace's tags. */
export function tagRoutes(parts: TagRouteParts): Route[] {
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    renameRoute('PATCH', parts),
    renameRoute('PUT', parts),
    mergeRoute(parts),
    deleteRoute(parts),
  ];
}

function listRoute(parts: TagRouteParts): Route {
  const { tags } = parts;
  return route<undefined, z.output<typeof listQuery>>({
    method: 'GET',
    path: PATH,
    scope: 'tags:read',
    tag,
    summary: 'List tags',
    description: 'By name. A tag is created when it is first added to a record.',
    query: listQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? positionOf(query.cursor) : null;
      const page = { limit: query.limit + 1, after, q: query.q };
      const rows = await tags.list(caller.workspaceId, page);
      const shown = rows.slice(0, query.limit).map(({ folded }) => folded);
      const usage = query.usage ? await usageOf(parts, caller, shown) : null;
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, ({ folded, ...item }) => ({
          ...item,
          ...(usage && { usage: usageFor(usage, folded) }),
        })),
      };
    },
  });
}

function createRoute(parts: TagRouteParts): Route {
  const { tags } = parts;
  return route<{ name: string }>({
    method: 'POST',
    path: PATH,
    scope: 'tags:write',
    tag,
    summary: 'Create a tag',
    description: '409 if a tag has this name, ignoring case. Adding a tag to a record creates it, too.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const made = await tags.create(
        { workspaceId, actor },
        ctx.body.name,
        recorded(parts, ctx, 201, 'created'),
      );
      return { status: 201, body: made, headers: { location: `${PATH}/${made.id}` } };
    },
  });
}

function getRoute(parts: TagRouteParts): Route {
  const { tags } = parts;
  return route({
    method: 'GET',
    path: `${PATH}/:id`,
    scope: 'tags:read',
    tag,
    summary: 'Get a tag',
    answers: { 200: shape },
    async handle({ caller, params }) {
      const { folded, ...found } = await tags.get(caller.workspaceId, params['id']!);
      const usage = await usageOf(parts, caller, [folded]);
      return { status: 200, body: { ...found, usage: usageFor(usage, folded) } };
    },
  });
}

function renameRoute(method: 'PATCH' | 'PUT', parts: TagRouteParts): Route {
  const { tags } = parts;
  return route<{ name?: string | undefined }>({
    method,
    path: `${PATH}/:id`,
    scope: 'tags:write',
    tag,
    summary: 'Rename a tag',
    description:
      'A background job renames it in all records, which fire no events; fires `tag.renamed`. 409 if another tag has the name, ignoring case; merge the two instead.',
    body: body.partial(),
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const id = ctx.params['id']!;
      const current = await tags.get(workspaceId, id);
      const { name = current.name } = ctx.body;
      let lanes: LaneKey[] = [];
      const renamed = await tags.rename({ workspaceId, actor }, id, name, async (trx, item) => {
        const { previous_name: previous, ...shown } = item;
        await recorded(parts, ctx, 200, 'renamed', { previous_name: previous })(trx, shown);
        lanes = previous === item.name ? [] : await parts.fireRenamed(trx, ctx, item);
      });
      parts.wake(lanes);
      return { status: 200, body: renamed };
    },
  });
}

function mergeRoute(parts: TagRouteParts): Route {
  const { tags } = parts;
  return route<z.output<typeof mergeBody>>({
    method: 'POST',
    path: `${PATH}/:id/merge`,
    scope: 'tags:write',
    tag,
    summary: 'Merge tags',
    description:
      'This tag takes the place of the others: a background job changes all records, which fire no events. The others are deleted.',
    body: mergeBody,
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const id = ctx.params['id']!;
      if (ctx.body.with.includes(id)) throw invalid('with', 'contains the tag itself');
      const afterWrite = recorded(parts, ctx, 200, 'merged', { merged: ctx.body.with });
      return { status: 200, body: await tags.merge({ workspaceId, actor }, id, ctx.body.with, afterWrite) };
    },
  });
}

function deleteRoute(parts: TagRouteParts): Route {
  const { tags } = parts;
  return route<undefined, { events?: boolean | undefined }>({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: 'tags:write',
    tag,
    summary: 'Delete a tag',
    description: 'A background job removes it from all records.',
    query: z.strictObject({
      events: z.stringbool().optional().meta({
        description: 'Fires an event for each record that loses the tag, as in `contact.tag_removed`.',
      }),
    }),
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const { events = false } = ctx.query;
      const afterWrite = recorded(parts, ctx, 204, 'deleted', { events });
      await tags.remove({ workspaceId, actor }, ctx.params['id']!, events, afterWrite);
      return { status: 204, body: null };
    },
  });
}

/** The numbers of records of the objects that the caller may read. */
function usageOf(
  { tags, nouns }: TagRouteParts,
  caller: Ctx<unknown, unknown>['caller'],
  folded: readonly string[],
): Promise<Usage> {
  const readable = nouns.filter(({ plural }) => caller.may(`${plural}:read`));
  return tags.usage(caller.workspaceId, readable, folded);
}

/** Stores the audit entry and the response of a change, in its transaction. */
function recorded(
  { recordChange }: TagRouteParts,
  ctx: Ctx<unknown, unknown>,
  status: number,
  action: string,
  details: object = {},
) {
  return (trx: Transaction, item: Tag): Promise<void> => {
    const entry = {
      action: `tag.${action}`,
      objectType: 'tag',
      objectId: item.id,
      details: { name: item.name, ...details },
    };
    return recordChange(trx, ctx, entry, { status, body: status === 204 ? '' : JSON.stringify(item) });
  };
}

function usageFor(usage: Usage, folded: string): Record<string, number> {
  return Object.fromEntries([...usage].map(([object, counts]) => [object, counts.get(folded) ?? 0]));
}

/** The list is in the order of folded names, not of times as the others are. */
function cursorOf({ folded }: { folded: string }): string {
  return Buffer.from(JSON.stringify(['name', folded])).toString('base64url');
}

/** The folded name of a cursor. Throws `validation_error` if it is invalid. */
function positionOf(cursor: string): string {
  const parsed = cursorShape.safeParse(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!parsed.success) throw invalid('cursor', 'is not a cursor of this list; use next_cursor unchanged');
  return parsed.data[1];
}

const cursorShape = z
  .string()
  .transform((text, ctx) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      ctx.addIssue('must be JSON');
      return z.NEVER;
    }
  })
  .pipe(z.tuple([z.literal('name'), plainText(MAX_FOLDED)]));

function invalid(field: string, message: string): ApiError {
  return new ApiError('validation_error', `${field}: ${message}.`, { fields: [{ field, message }] });
}
