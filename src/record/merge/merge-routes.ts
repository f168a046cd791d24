import { z } from 'zod';
import { invalid, ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { recordId } from '../fields/record.ts';
import type { BaseRecord } from '../noun.ts';
import type { RecordAnswer } from '../record-answer.ts';
import { withArticle, writerOf } from '../record-create-routes.ts';
import type { RecordService } from '../record-service.ts';
import { duplicatesOf, MAX_DUPLICATES } from './duplicates.ts';
import { listMerges } from './merge-list.ts';
import { previewMerge, type CountedMove } from './merge-preview.ts';
import { choosableFields, type Choices } from './merge-values.ts';
import { mergeRecords, type MergeParts } from './record-merge.ts';
import { unmergeRecord, UNMERGEABLE_DAYS } from './record-unmerge.ts';

/** The most records of one merge, besides the survivor. */
const MAX_MERGED = 20;

const mergeBody = z.strictObject({
  with: z
    .array(recordId)
    .min(1, 'must have at least one id')
    .max(MAX_MERGED, `must have at most ${MAX_MERGED} ids`)
    .meta({ description: `Ids of the records to merge into it; at most ${MAX_MERGED}.` }),
  values: z.record(z.string(), recordId).default({}).meta({
    description:
      'Fields whose value is taken from another record: `{field: id}`. A custom field is named as in `custom_fields.industry`.',
  }),
});

const unmergeBody = z.strictObject({
  id: recordId.meta({ description: 'The id of the merged record that comes back.' }),
});

const previewQuery = z.strictObject({
  with: z
    .string()
    .transform((sent) => sent.split(',').map((id) => id.trim()))
    .pipe(z.array(recordId).min(1).max(MAX_MERGED))
    .meta({ description: 'Ids of the records to merge into it, separated by commas.' }),
});

const movesShape = z.array(
  z.object({
    label: z.string().meta({ description: 'What is moved, as in `deals`.' }),
    count: z.int(),
  }),
);

export interface MergeRouteParts extends MergeParts {
  /** Counts what a merge would move, of objects with these labels that the caller may read. */
  moves: readonly CountedMove[];
}

/** The routes of merges (RC5), of a noun whose records can be merged. */
export function mergeRoutes<R extends BaseRecord, Input extends object>(
  parts: MergeRouteParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route[] {
  return [
    mergeRoute(parts, service, shown),
    unmergeRoute(parts, service, shown),
    previewRoute(parts, service, shown),
    listRoute(parts, service, shown),
    ...(service.noun.matchRules.length > 0 ? [duplicatesRoute(parts, service, shown)] : []),
  ];
}

function mergeRoute<R extends BaseRecord, Input extends object>(
  parts: MergeRouteParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  return route<z.output<typeof mergeBody>>({
    method: 'POST',
    path: `/api/v1/${noun.plural}/:id/merge`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Merge ${noun.pluralLabel.toLowerCase()}`,
    description: `The ${noun.name} in the path survives: its values stay, empty ones are filled from the others in the given order, and tags and addresses are united. What references the others is moved to it. Their ids keep working and lead to it. Fires \`${noun.events['merged']!.name}\` alone. Those that are merged already stay as they are. Can be undone within ${UNMERGEABLE_DAYS} days. With If-Match, 412 if the version differs.`,
    body: mergeBody,
    supportsIfMatch: true,
    answers: { 200: shown.output },
    async handle(ctx) {
      const id = ctx.params['id']!;
      const { with: others, values } = ctx.body;
      refuseItself(noun, id, others);
      checkChoices(service, values, [id, ...others]);
      const request = { writer: writerOf(ctx), id, others, choices: values, expected: ctx.ifMatch };
      return withTag(await mergeRecords(parts, service, request));
    },
    ...completed(shown),
  });
}

/** Throws `validation_error` for a merge of a record with itself. */
function refuseItself({ name }: { name: string }, id: Uuid, others: readonly Uuid[]): void {
  if (others.includes(id)) throw invalid('with', `must not contain the ${name} itself`);
}

/** Throws `validation_error` for a field that cannot be chosen, and for a record that is not merged. */
function checkChoices<R extends BaseRecord, Input extends object>(
  { noun }: RecordService<R, Input>,
  choices: Choices,
  ids: readonly Uuid[],
): void {
  const fields = new Set(choosableFields(noun));
  for (const [field, id] of Object.entries(choices)) {
    if (!fields.has(field) && !/^custom_fields\..+/s.test(field))
      throw invalid(`values.${field}`, 'is no field that can be chosen');
    if (!ids.includes(id)) throw invalid(`values.${field}`, 'must be the id of one of the records');
  }
}

function unmergeRoute<R extends BaseRecord, Input extends object>(
  parts: MergeRouteParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  return route<z.output<typeof unmergeBody>>({
    method: 'POST',
    path: `/api/v1/${noun.plural}/:id/unmerge`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Undo a merge of ${noun.pluralLabel.toLowerCase()}`,
    description: `Within ${UNMERGEABLE_DAYS} days; then 410. The merged ${noun.name} comes back under its id (\`${noun.events['restored']!.name}\`), with all that was moved and has not been moved since. The survivor loses the values that came from it, unless they have changed since (\`${noun.events.updated.name}\`), and is returned.`,
    body: unmergeBody,
    answers: { 200: shown.output },
    async handle(ctx) {
      const request = { writer: writerOf(ctx), id: ctx.params['id']!, mergedId: ctx.body.id };
      return withTag(await unmergeRecord(parts, service, request));
    },
    ...completed(shown),
  });
}

function withTag(answer: { status: number; body: string }): Answer {
  const { version } = JSON.parse(answer.body) as BaseRecord;
  return { ...answer, headers: { etag: `"${version}"` } };
}

/** Adds the computed fields to a response, which is stored without them. */
function completed<R extends BaseRecord>(shown: RecordAnswer<R>): Pick<Route, 'render'> {
  if (shown.computed.length === 0) return {};
  return {
    async render(answer, { caller }) {
      if (typeof answer.body !== 'string') return answer;
      return { ...answer, body: await shown.completeText(caller.workspaceId, answer.body) };
    },
  };
}

function previewRoute<R extends BaseRecord, Input extends object>(
  { db, moves }: MergeRouteParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  return route<undefined, z.output<typeof previewQuery>>({
    method: 'GET',
    path: `/api/v1/${noun.plural}/:id/merge-preview`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `Preview a merge of ${noun.pluralLabel.toLowerCase()}`,
    description: `The ${noun.name} as it would be after the merge, and how many records would be moved, of those that the caller can read. Nothing is written.`,
    query: previewQuery,
    answers: { 200: z.object({ record: shown.output, moves: movesShape }) },
    async handle({ caller, params, query: { with: others } }) {
      const { workspaceId } = caller;
      refuseItself(noun, params['id']!, others);
      const readable = moves.filter(({ scope }) => caller.may(scope));
      const { record, counts } = await previewMerge(db, service, readable, {
        workspaceId,
        id: params['id']!,
        others,
      });
      const [body] = await shown.complete(workspaceId, [record]);
      return { status: 200, body: { record: body, moves: counts } };
    },
  });
}

function listRoute<R extends BaseRecord, Input extends object>(
  { db, clock }: MergeRouteParts,
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const item = z.object({
    id: z.uuid(),
    merged_at: z.iso.datetime(),
    merged_by: z.string().meta({ description: 'Who merged it, as in `user:<id>`.' }),
    merged_into: z.uuid().meta({ description: 'The record that it was merged into first.' }),
    unmergeable_until: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Until when the merge can be undone; null if it cannot.' }),
    record: shown.output.meta({ description: 'As it was merged.' }),
  });
  return route({
    method: 'GET',
    path: `/api/v1/${noun.plural}/:id/merges`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `List the ${noun.pluralLabel.toLowerCase()} that were merged into ${withArticle(noun.label)}`,
    description: 'Latest first.',
    answers: { 200: z.object({ data: z.array(item) }) },
    async handle({ caller: { workspaceId }, params }) {
      const survivor = await store.find(workspaceId, params['id']!);
      if (!survivor) throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
      const merges = await listMerges(db, { noun, store }, workspaceId, survivor, clock.now());
      const records = await shown.complete(
        workspaceId,
        merges.map(({ record }) => record),
      );
      return {
        status: 200,
        body: { data: merges.map((merge, n) => ({ ...merge, record: records[n] })) },
      };
    },
  });
}

function duplicatesRoute<R extends BaseRecord, Input extends object>(
  { db }: MergeRouteParts,
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const fields = noun.matchRules.map(({ field }) => field).join(', ');
  return route({
    method: 'GET',
    path: `/api/v1/${noun.plural}/:id/duplicates`,
    scope: `${noun.plural}:read`,
    tag: noun.plural,
    summary: `List possible duplicates of ${withArticle(noun.label)}`,
    description: `Others that have the same value in one of these fields: ${fields}. Oldest first, at most ${MAX_DUPLICATES}.`,
    answers: { 200: z.object({ data: z.array(shown.output) }) },
    async handle({ caller: { workspaceId }, params }) {
      const record = await store.find(workspaceId, params['id']!);
      if (!record) throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
      const rows = await duplicatesOf(db, noun, workspaceId, record);
      const found = rows.map((row) => store.toRecord(row));
      return { status: 200, body: { data: await shown.complete(workspaceId, found) } };
    },
  });
}
