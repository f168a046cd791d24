import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import type { Database } from '../db/pool.ts';
import { pageShape } from '../http/paging.ts';
import { route, type Ctx, type Route } from '../http/route.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import { recordCreateRoutes, withArticle, writerOf, type CreateOptions } from './record-create-routes.ts';
import { recordBatchRoutes } from './record-batch-routes.ts';
import { expand, expansionOf, type ExpandedKinds } from './record-expansion.ts';
import { expandable, EXPANDED, expandParameter } from './record-expansion-schema.ts';
import { listQuery, listRecords, listRecordTexts, type ListQuery } from './record-list.ts';
import { fieldsParameter, select, selectionOf, type Selection } from './record-selection.ts';
import { dryRunQuery, previewAnswer, previewShape, type DryRunQuery } from './record-preview.ts';
import type { RecordService } from './record-service.ts';
import type { ReferenceFields, References } from './reference.ts';
import { tagsBody } from './tags/tags-body.ts';
import { RESTORABLE_DAYS } from './trash/trash.ts';
import { trashRoutes, type TrashRouteParts } from './trash/trash-routes.ts';
import { makeRecordTexts } from './record-text.ts';
import type { RecordSearch } from './search/record-search.ts';
import type { UpsertParts } from './record-upsert.ts';
import { matchRoutes, upsertRoutes } from './record-upsert-routes.ts';

/** For the API reference. */
export const SEARCH_BEHIND = 'True if recent changes may be missing from the result of a search.';

/** What reading records needs besides their service. */
export interface ReadParts {
  search: RecordSearch;
  references: References;
  /** What `expand` can add. */
  expandedKinds: ExpandedKinds;
}

/** The routes that every kind of record has: list, create, get, update, delete, and batches of them. */
export function recordRoutes<R extends BaseRecord, Input extends object>(
  parts: UpsertParts & TrashRouteParts & ReadParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options?: CreateOptions<Input>,
): Route[] {
  return [
    listRoute(service, shown, parts),
    ...recordCreateRoutes(parts, service, shown, options),
    ...upsertRoutes(parts, service, shown),
    ...matchRoutes(parts, service, shown),
    getRoute(service, shown, parts),
    updateRoute('PATCH', service, shown),
    updateRoute('PUT', service, shown),
    ...(service.noun.hasTags ? [tagsRoute(service, shown)] : []),
    deleteRoute(service),
    ...recordBatchRoutes(parts, service, shown),
    ...trashRoutes(parts, service, shown),
  ];
}

/** The query parameters that choose what a response has of each record. */
function shownParameters(noun: Noun, shown: RecordAnswer<BaseRecord>) {
  return {
    fields: fieldsParameter(Object.keys(shown.output.shape)),
    ...(expandable(noun).length > 0 && { expand: expandParameter(noun) }),
  };
}

interface ShownQuery {
  fields?: string | undefined;
  expand?: string | undefined;
}

function listRoute<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  { db, search, references, expandedKinds }: { db: Database } & ReadParts,
): Route {
  const { store } = service;
  const noun = service.noun as unknown as Noun;
  const texts = makeRecordTexts(noun);
  const referenceFilters = referenceFiltersOf(noun);
  return route<undefined, ListQuery & ShownQuery>({
    method: 'GET',
    path: `/api/v1/${noun.plural}`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `List ${noun.pluralLabel.toLowerCase()}`,
    query: listQuery(noun).extend(
      shownParameters(noun, shown as unknown as RecordAnswer<BaseRecord>),
    ) as unknown as z.ZodType<ListQuery & ShownQuery>,
    checksCaller: true,
    answers: {
      200: pageShape(shown.expandedOutput).extend({
        total_count: z.int().optional(),
        search_behind: z.boolean().optional().meta({ description: SEARCH_BEHIND }),
      }),
    },
    async handle({ caller, query: sent, url }) {
      const { workspaceId } = caller;
      const query = { ...sent, ...(await references.survivors(workspaceId, referenceFilters, sent)) };
      if (query.deleted && !caller.may(`${noun.plural}:write`))
        throw new ApiError('forbidden', `deleted=only needs the scope ${noun.plural}:write.`);
      const expansion = expansionOf(caller, noun, expandedKinds, query.expand);
      const selection = selectionOf(query.fields);
      const isPlain = !query.include_deleted && !query.deleted && query['q'] === undefined && !expansion;
      if (isPlain && !hasComputed(selection)) {
        const read = selection ? makeRecordTexts(noun, selection) : texts;
        const request = { workspaceId, query, url, isWhole: selection === null };
        const body = await listRecordTexts(db, noun, read, request);
        if (body !== null) return { status: 200, body };
      }
      const page = await listRecords(db, noun, store, search, { searcher: caller, query, url });
      const rows = hasComputed(selection) ? await completed(page.data) : page.data;
      const selected = selection ? rows.map((row) => selectedOf(row, selection)) : rows;
      const expanded = expansion
        ? expandedIn(selected, await expand(workspaceId, rows.filter(isRecord), expansion))
        : selected;
      return { status: 200, body: { ...page, data: expanded } };

      /** Deleted records have only an id, so they have no computed fields. */
      async function completed(found: typeof page.data) {
        const reader = shown.computed.some((name) => selection?.names.has(name)) ? caller : undefined;
        const done = new Map(
          (await shown.complete(workspaceId, found.filter(isRecord<R>), reader, selection?.names)).map(
            (record) => [record.id, record],
          ),
        );
        return found.map((row) => done.get(row.id) ?? row);
      }
    },
  });

  function hasComputed(selection: Selection | null): boolean {
    return selection ? shown.computed.some((name) => selection.names.has(name)) : shown.always.length > 0;
  }
}

const isRecord = <R extends BaseRecord>(row: R | { id: string }): row is R => 'version' in row;

/** What `deleted=only` and `include_deleted` add is selected too. */
const DELETION = new Set(['deleted_at', 'deleted_by', 'restorable_until', 'merged_into']);

function selectedOf(row: { id: string }, selection: Selection): { id: string } {
  const deletion = Object.entries(row).filter(([name]) => DELETION.has(name));
  return { ...(select(row, selection) as { id: string }), ...Object.fromEntries(deletion) };
}

/** Adds what records reference to what is shown of them. */
function expandedIn(rows: readonly { id: string }[], records: readonly { id: string; expanded: object }[]) {
  const byId = new Map(records.map(({ id, expanded }) => [id, expanded]));
  return rows.map((row) => (byId.has(row.id) ? { ...row, [EXPANDED]: byId.get(row.id) } : row));
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
  { expandedKinds }: ReadParts,
): Route {
  return route<undefined, ShownQuery & { include_deleted?: boolean | undefined }>({
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
      ...shownParameters(noun as unknown as Noun, shown as unknown as RecordAnswer<BaseRecord>),
    }) as z.ZodType<ShownQuery & { include_deleted?: boolean | undefined }>,
    checksCaller: true,
    answers: { 200: shown.expandedOutput },
    async handle({ caller, params, query }) {
      const { workspaceId } = caller;
      const id = params['id']!;
      const expansion = expansionOf(caller, noun, expandedKinds, query.expand);
      const record = await store.find(workspaceId, id);
      if (record) {
        const selection = selectionOf(query.fields);
        const [whole] = await shown.complete(workspaceId, [record], caller, selection?.names);
        const selected = selection ? selectedOf(whole!, selection) : whole!;
        const [body] = expansion
          ? expandedIn([selected], await expand(workspaceId, [record], expansion))
          : [selected];
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
  return route<Change<Input>, DryRunQuery>({
    method,
    path: `/api/v1/${noun.plural}/:id`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Update ${withArticle(noun.label)}`,
    description: `Changes only the fields sent. Fires ${events}, unless nothing changes. With If-Match, 412 if the version differs.`,
    body: noun.change,
    query: dryRunQuery,
    ignored: [...shown.computed, EXPANDED],
    supportsIfMatch: true,
    answers: { 200: shown.output },
    async handle(ctx) {
      if (ctx.query.dry_run) {
        const request = { ...requestOf(ctx), answer: unanswered };
        const preview = await service.previewChange(request, { change: ctx.body, source: ctx });
        return previewAnswer(ctx.caller, preview);
      }
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
  if (shown.always.length === 0) return {};
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
  return route<undefined, DryRunQuery>({
    method: 'DELETE',
    path: `/api/v1/${noun.plural}/:id`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Delete ${withArticle(noun.label)}`,
    description: `Fires \`${noun.events.deleted.name}\`; afterwards the ${noun.label.toLowerCase()} answers 404. It can be restored for ${RESTORABLE_DAYS} days; then its personal data is erased.`,
    query: dryRunQuery,
    supportsIfMatch: true,
    answers: { 204: 'Deleted.', 200: previewShape },
    async handle(ctx) {
      if (ctx.query.dry_run) {
        const request = { ...requestOf(ctx), answer: unanswered };
        return previewAnswer(ctx.caller, await service.previewRemove(request));
      }
      const answer = await service.remove({ ...requestOf(ctx), answer: () => ({ status: 204, body: '' }) });
      return { ...answer, body: null };
    },
  });
}

/** A dry run stores no answer. */
const unanswered = () => ({ status: 200, body: '' });

function requestOf(ctx: Ctx<unknown, unknown>) {
  return { writer: writerOf(ctx), id: ctx.params['id']!, expected: ctx.ifMatch };
}

function etag(record: BaseRecord): string {
  return `"${record.version}"`;
}
