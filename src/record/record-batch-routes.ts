import { z } from 'zod';
import { ApiError, invalid } from '../base/errors.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import { validationError } from '../http/error-response.ts';
import { route, type Ctx, type Route } from '../http/route.ts';
import { changedFields, validate, withoutIgnored } from '../http/validation.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import { BATCH_LIMIT, batchOfRecords, batchResults, refusedItem, writerOf } from './record-create-routes.ts';
import { changeRecords, type BulkItem, type BulkOutcome } from './record-bulk-change.ts';
import { EXPANDED } from './record-expansion-schema.ts';
import { survivorsOf } from './merge/merged-id.ts';
import { deletionOf, type Writer } from './record-plan.ts';
import type { RecordService } from './record-service.ts';
import type { TagChange } from './tags/record-tags.ts';
import { tagsBody } from './tags/tags-body.ts';
import type { TrashParts } from './trash/trash.ts';

/** What became of an item of a batch. */
const TOGETHER =
  'Answers `{"results":[…]}` in order. An invalid item does not affect the others; the valid ones are written together, or none of them.';

const changesBody = z.strictObject({
  records: z
    .array(z.unknown())
    .min(1, 'must hold at least one record')
    .max(BATCH_LIMIT, `must hold at most ${BATCH_LIMIT} records`)
    .meta({ description: 'Each with its `id` and the fields to change.' }),
});

const deletionBody = z.strictObject({
  ids: z
    .array(z.unknown())
    .min(1, 'must hold at least one id')
    .max(BATCH_LIMIT, `must hold at most ${BATCH_LIMIT} ids`),
});

/** The routes that change and delete several records of a kind. */
export function recordBatchRoutes<R extends BaseRecord, Input extends object>(
  parts: TrashParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route[] {
  return [batchChangeRoute(parts, service, shown), batchDeletionRoute(parts, service)];
}

function batchChangeRoute<R extends BaseRecord, Input extends object>(
  parts: TrashParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route {
  const { noun } = service;
  const plural = noun.pluralLabel.toLowerCase();
  return route<z.output<typeof changesBody>>({
    method: 'PATCH',
    path: `/api/v1/${noun.plural}/batch`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Update up to ${BATCH_LIMIT} ${plural}`,
    description: `Each item of \`records\` has the \`id\` of a record and the fields to change.${noun.hasTags ? ' Its `tags` may be `{"add":[…],"remove":[…]}`.' : ''} ${TOGETHER} Each record fires the events of its own change.`,
    body: changesBody,
    validatesItems: true,
    answers: { 200: batchResults(shown.output) },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const ids = await currentIds(
        parts,
        service,
        writer,
        ctx.body.records.map((item) => (isObject(item) ? item['id'] : undefined)),
        () => 'id',
      );
      const items = await Promise.all(
        ctx.body.records.map(async (sent, at) => {
          const id = ids[at]!;
          if (id instanceof ApiError) return isObject(sent) ? id : invalid('body', 'must be an object');
          return prepareItem(service, shown, writer, id, sent as Record<string, unknown>, ctx);
        }),
      );
      return change(parts, service, writer, items, (record) => ({
        status: 200,
        body: JSON.stringify(record),
      }));
    },
    ...(shown.always.length > 0 && {
      async render(answer, { caller }) {
        if (typeof answer.body !== 'string') return answer;
        const complete = (stored: readonly object[]) =>
          shown.complete(caller.workspaceId, stored as readonly R[]);
        return { ...answer, body: await batchOfRecords(answer.body, complete) };
      },
    }),
  });
}

function batchDeletionRoute<R extends BaseRecord, Input extends object>(
  parts: TrashParts,
  service: RecordService<R, Input>,
): Route {
  const { noun } = service;
  const plural = noun.pluralLabel.toLowerCase();
  return route<z.output<typeof deletionBody>>({
    method: 'POST',
    path: `/api/v1/${noun.plural}/batch-delete`,
    scope: `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Delete up to ${BATCH_LIMIT} ${plural}`,
    description: `${TOGETHER} Each deleted record has the status 204, fires \`${noun.events.deleted.name}\`, and can be restored like one that was deleted alone.`,
    body: deletionBody,
    validatesItems: true,
    answers: { 200: batchResults() },
    async handle(ctx) {
      const mutation = deletionOf<R>(noun);
      const ids = await currentIds(parts, service, writerOf(ctx), ctx.body.ids, (at) => `ids.${at}`);
      const items = ids.map((id) => (id instanceof ApiError ? id : { id, mutation, before: [] }));
      return change(parts, service, writerOf(ctx), items, () => ({ status: 204, body: '' }));
    },
  });
}

/** Writes the items without an error; the response has all of them, in order. */
function change<R extends BaseRecord, Input extends object>(
  parts: TrashParts,
  service: RecordService<R, Input>,
  writer: Writer,
  items: readonly (BulkItem<R> | ApiError)[],
  answerOfRecord: (record: R) => { status: number; body: string },
) {
  const valid = items.filter((item): item is BulkItem<R> => !(item instanceof ApiError));
  return changeRecords(parts, service, writer, valid, answerOfRecord, (outcomes) => {
    const left = [...outcomes];
    const results = items.map((item) => resultText(item instanceof ApiError ? item : left.shift()!));
    return { status: 200, body: `{"results":[${results.join(',')}]}` };
  });
}

function resultText(outcome: BulkOutcome): string {
  if (outcome instanceof ApiError) return refusedItem(outcome);
  const { status, body } = outcome;
  return body === '' ? `{"status":${status}}` : `{"status":${status},"record":${body}}`;
}

/**
 * The ids of the records of a batch; an error for one that is malformed, or that leads to the record of an earlier item. The
 * id of a merged record leads to its survivor, as in a request for one record.
 * @param fieldAt the name of an id in errors, by the index of its item
 */
async function currentIds<R extends BaseRecord, Input extends object>(
  { db }: Pick<TrashParts, 'db'>,
  { noun }: RecordService<R, Input>,
  { workspaceId }: Writer,
  sent: readonly unknown[],
  fieldAt: (at: number) => string,
): Promise<(Uuid | ApiError)[]> {
  const ids = sent.map((value) => (typeof value === 'string' ? value.toLowerCase() : ''));
  const survivors = await survivorsOf(db, noun, workspaceId, ids.filter(isUuid));
  /** The index of the first item of each record. */
  const known = new Map<Uuid, number>();
  return ids.map((id, at) => {
    if (!isUuid(id)) return invalid(fieldAt(at), 'must be the id of a record');
    const current = survivors.get(id) ?? id;
    const first = known.get(current);
    if (first !== undefined) return invalid(fieldAt(at), duplicateOf(first, ids[first] === id));
    known.set(current, at);
    return current;
  });
}

function duplicateOf(first: number, isSameId: boolean): string {
  return isSameId
    ? `occurs twice in this batch: item ${first} has the same id`
    : `leads to the same record as item ${first}: they were merged`;
}

/** Validates the change of one record, or returns its error. */
async function prepareItem<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  { computed }: RecordAnswer<R>,
  writer: Writer,
  id: Uuid,
  item: Record<string, unknown>,
  { client, caller }: Pick<Ctx<unknown, unknown>, 'client' | 'caller'>,
): Promise<BulkItem<R> | ApiError> {
  try {
    const { sent, tags } = splitTags(service.noun, item);
    const known = withoutIgnored(sent, [...computed, EXPANDED]) as Record<string, unknown>;
    const parsed = await parsedChange(service, writer, id, known);
    const source = { sent: known, sentText: () => JSON.stringify(known), client, caller };
    const prepared = await service.prepareChange(
      { writer, id },
      { change: parsed, source, ...(tags && { tags }) },
    );
    return { id, ...prepared };
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** A value that is not allowed, and equals the stored one, is no change: as in an update of one record. */
async function parsedChange<R extends BaseRecord, Input extends object>(
  { noun, store }: RecordService<R, Input>,
  { workspaceId }: Writer,
  id: Uuid,
  sent: Record<string, unknown>,
): Promise<Change<Input>> {
  const parsed = validate(noun.change, sent, true);
  if ('data' in parsed) return parsed.data;
  const stored = await store.get(workspaceId, id);
  const again = stored
    ? validate(noun.change, changedFields(sent, stored as object as Record<string, unknown>), true)
    : parsed;
  if ('data' in again) return again.data;
  throw validationError(again.error, 'body');
}

/** A change of tags, if `tags` is one and not a list of all tags. */
function splitTags(
  { hasTags }: Pick<Noun, 'hasTags'>,
  item: Record<string, unknown>,
): { sent: Record<string, unknown>; tags?: TagChange } {
  const { tags, ...sent } = item;
  if (!hasTags || !isObject(tags)) return { sent: item };
  const parsed = validate(z.strictObject({ tags: tagsBody }), { tags }, true);
  if ('error' in parsed) throw validationError(parsed.error, 'body');
  return { sent, tags: parsed.data.tags };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
