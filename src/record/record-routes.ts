import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import { caseless } from '../base/fold.ts';
import type { Database } from '../db/pool.ts';
import { pageShape } from '../http/paging.ts';
import { route, type Ctx, type Route } from '../http/route.ts';
import { tagList } from './fields/tags.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import { recordCreateRoutes, withArticle, writerOf, type CreateOptions } from './record-create-routes.ts';
import { listQuery, listRecords, listRecordTexts, type ListQuery } from './record-list.ts';
import type { RecordService } from './record-service.ts';
import type { ReferenceFields, References } from './reference.ts';
import { RESTORABLE_DAYS } from './trash/trash.ts';
import { trashRoutes, type TrashRouteParts } from './trash/trash-routes.ts';
import { makeRecordTexts } from './record-text.ts';
import type { RecordSearch } from './search/record-search.ts';
import type { UpsertParts } from './record-upsert.ts';
import { matchRoutes, upsertRoutes } from './record-upsert-routes.ts';

const tagsBody = z
  .strictObject({ add: tagList.default([]), remove: tagList.default([]) })
  .superRefine(({ add, remove }, ctx) => {
    const added = new Set(add.map(caseless));
    if (remove.some((tag) => added.has(caseless(tag))))
      ctx.addIssue({ code: 'custom', path: ['remove'], message: 'contains a tag that is also in add' });
  });

/** For the API reference. */
export const SEARCH_BEHIND = 'True if recent changes may be missing from the result of a search.';

/** The routes that every kind of record has: list, create, batch, get, update, delete. */
export function recordRoutes<R extends BaseRecord, Input extends object>(
  parts: UpsertParts & TrashRouteParts & { search: RecordSearch; references: References },
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options?: CreateOptions<Input>,
): Route[] {
  return [
    listRoute(service, shown, parts),
    ...recordCreateRoutes(parts, service, shown, options),
    ...upsertRoutes(parts, service, shown),
    ...matchRoutes(parts, service, shown),
    getRoute(service, shown),
    updateRoute('PATCH', service, shown),
    updateRoute('PUT', service, shown),
    ...(service.noun.hasTags ? [tagsRoute(service, shown)] : []),
    deleteRoute(service),
    ...trashRoutes(parts, service, shown),
  ];
}

function listRoute<R extends BaseRecord, Input extends object>(
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  { db, search, references }: { db: Database; search: RecordSearch; references: References },
): Route {
  const texts = makeRecordTexts(noun);
  const referenceFilters = referenceFiltersOf(noun);
  return route<undefined, ListQuery>({
    method: 'GET',
    path: `/api/v1/${noun.plural}`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `List ${noun.pluralLabel.toLowerCase()}`,
    query: listQuery(noun),
    checksCaller: true,
    answers: {
      200: pageShape(shown.output).extend({
        total_count: z.int().optional(),
        search_behind: z.boolean().optional().meta({ description: SEARCH_BEHIND }),
      }),
    },
    async handle({ caller, query: sent, url }) {
      const { workspaceId } = caller;
      const query = { ...sent, ...(await references.survivors(workspaceId, referenceFilters, sent)) };
      if (query.deleted && !caller.may(`${noun.plural}:write`))
        throw new ApiError('forbidden', `deleted=only needs the scope ${noun.plural}:write.`);
      const isPlain = !query.include_deleted && !query.deleted && query['q'] === undefined;
      if (shown.computed.length === 0 && isPlain) {
        const body = await listRecordTexts(db, noun, texts, { workspaceId, query, url });
        if (body !== null) return { status: 200, body };
      }
      const page = await listRecords(db, noun as unknown as Noun, store, search, {
        searcher: caller,
        query,
        url,
      });
      return { status: 200, body: { ...page, data: await completed(page.data) } };

      /** Deleted records have only an id, so they have no computed fields. */
      async function completed(rows: typeof page.data) {
        if (shown.computed.length === 0) return rows;
        const records = rows.filter((row): row is R => 'version' in row);
        const done = new Map(
          (await shown.complete(workspaceId, records)).map((record) => [record.id, record]),
        );
        return rows.map((row) => done.get(row.id) ?? row);
      }
    },
  });
}

/** The filters by a referenced record, with its kind. */
function referenceFiltersOf({ filters, fields }: Pick<Noun, 'filters' | 'fields'>): ReferenceFields {
  return Object.fromEntries(
    Object.entries(filters).flatMap(([name, { column }]) => {
      const kind = fields[column]?.references;
      return kind === undefined ? [] : [[name, kind] as const];
    }),
  );
}

function getRoute<R extends BaseRecord, Input extends object>(
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  return route<undefined, { include_deleted?: boolean | undefined }>({
    method: 'GET',
    path: `/api/v1/${noun.plural}/:id`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `Get ${withArticle(noun.label)}`,
    ...(noun.mergeRules && {
      description: `The id of a merged ${noun.name} returns the one that it was merged into.`,
    }),
    query: z.strictObject({
      include_deleted: z
        .stringbool()
        .optional()
        .meta({ description: 'Returns `id` and `deleted_at` of a deleted record instead of 404.' }),
    }),
    checksCaller: true,
    answers: { 200: shown.output },
    async handle({ caller: { workspaceId }, params, query }) {
      const id = params['id']!;
      const record = await store.find(workspaceId, id);
      if (record) {
        const [body] = await shown.complete(workspaceId, [record]);
        return { status: 200, body: body!, headers: { etag: etag(record) } };
      }
      const deletedAt = query.include_deleted ? await store.deletedAt(workspaceId, id) : undefined;
      if (deletedAt) return { status: 200, body: { id, deleted_at: deletedAt } };
      throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
    },
  });
}

function updateRoute<R extends BaseRecord, Input extends object>(
  method: 'PATCH' | 'PUT',
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  const events = Object.entries(noun.events)
    .filter(([verb, type]) => verb !== 'created' && verb !== 'deleted' && !type.isBeyondChange)
    .map(([, type]) => `\`${type.name}\``)
    .join(' or ');
  return route<Change<Input>>({
    method,
    path: `/api/v1/${noun.plural}/:id`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Update ${withArticle(noun.label)}`,
    description: `Changes only the fields sent. Fires ${events}, unless nothing changes. With If-Match, 412 if the version differs.`,
    body: noun.change,
    ...(shown.computed.length > 0 && { ignored: shown.computed }),
    supportsIfMatch: true,
    answers: { 200: shown.output },
    async handle(ctx) {
      let changed: R | undefined;
      const answerOf = (record: R) => {
        changed = record;
        return { status: 200, body: JSON.stringify(record) };
      };
      const answer = await service.update(
        { ...requestOf(ctx), answer: answerOf },
        { change: ctx.body, source: ctx },
      );
      return { ...answer, headers: changed ? { etag: etag(changed) } : {} };
    },
    ...completedBy(shown),
  });
}

/** Adds the computed fields to a response, which is stored without them. */
function completedBy<R extends BaseRecord>(shown: RecordAnswer<R>): Pick<Route, 'render'> {
  if (shown.computed.length === 0) return {};
  return {
    async render(answer, { caller }) {
      if (typeof answer.body !== 'string') return answer;
      return { ...answer, body: await shown.completeText(caller.workspaceId, answer.body) };
    },
  };
}

function tagsRoute<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  return route<z.output<typeof tagsBody>>({
    method: 'POST',
    path: `/api/v1/${noun.plural}/:id/tags`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Add and remove tags of ${withArticle(noun.label)}`,
    description: `Tags are compared ignoring case; a tag that the workspace does not have is created. Fires \`${noun.name}.tag_added\` and \`${noun.name}.tag_removed\`, one event for each tag. With If-Match, 412 if the version differs.`,
    body: tagsBody,
    supportsIfMatch: true,
    answers: { 200: shown.output },
    async handle(ctx) {
      let changed: R | undefined;
      const answerOf = (record: R) => {
        changed = record;
        return { status: 200, body: JSON.stringify(record) };
      };
      const answer = await service.changeTags({ ...requestOf(ctx), answer: answerOf }, ctx.body);
      return { ...answer, headers: changed ? { etag: etag(changed) } : {} };
    },
    ...completedBy(shown),
  });
}

function deleteRoute<R extends BaseRecord, Input extends object>(service: RecordService<R, Input>): Route {
  const { noun } = service;
  return route({
    method: 'DELETE',
    path: `/api/v1/${noun.plural}/:id`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Delete ${withArticle(noun.label)}`,
    description: `Fires \`${noun.events.deleted.name}\`; afterwards the ${noun.label.toLowerCase()} answers 404. It can be restored for ${RESTORABLE_DAYS} days; then its personal data is erased.`,
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const answer = await service.remove({ ...requestOf(ctx), answer: () => ({ status: 204, body: '' }) });
      return { ...answer, body: null };
    },
  });
}

function requestOf(ctx: Ctx<unknown, unknown>) {
  return { writer: writerOf(ctx), id: ctx.params['id']!, expected: ctx.ifMatch };
}

function etag(record: BaseRecord): string {
  return `"${record.version}"`;
}
