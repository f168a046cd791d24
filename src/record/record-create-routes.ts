import { z } from 'zod';
import type { StoredAnswer } from '../account/idempotency.ts';
import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { itemsOf, membersOf } from '../base/json-text.ts';
import type { FormFields } from '../http/form-body.ts';
import { validationError } from '../http/error-response.ts';
import { route, type Answer, type Ctx, type Route } from '../http/route.ts';
import { validate, withoutIgnored } from '../http/validation.ts';
import type { BaseRecord } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import {
  checkPreviewable,
  dryRunParameter,
  dryRunQuery,
  previewAnswer,
  type DryRunQuery,
} from './record-preview.ts';
import type { Plan, Writer } from './record-plan.ts';
import type { RecordService } from './record-service.ts';
import type { Source } from './source.ts';
import {
  onDuplicateQuery,
  upsert,
  upsertOutput,
  type OnDuplicate,
  type UpsertParts,
} from './record-upsert.ts';

/** The most records of a batch. */
export const BATCH_LIMIT = 500;

/** How records of a kind are created, if not by the defaults. */
export interface CreateOptions<Input extends object> {
  /** Default: the write scope. */
  scope?: string;
  description?: string;
  query?: z.ZodObject;
  /** The schema for this caller; default: the noun's. */
  inputFor?(caller: Caller): z.ZodType<Input>;
  formBody?(fields: FormFields): unknown;
  /** Called after records were created. */
  afterCreate?(): void;
  /** Throws `validation_error` for input that is not allowed in a batch. */
  checkBatched?(input: Input): void;
  /**
   * Creates one record. For nouns whose records the writing statement completes: a receipt is stored as the response, and
   * the record is read back.
   */
  createWithReceipt?(
    writer: Writer,
    requested: { input: Input; query: unknown; caller: Caller },
    source: Source,
  ): Promise<StoredAnswer>;
}

/** The stored response of a record that is read back. */
export interface Receipt {
  id: Uuid;
  /** `created`, or another outcome. */
  status: string;
}

/** One result of a batch: the record or its receipt, or the error. */
export type BatchResult =
  | { status: number; record: object }
  | {
      status: number;
      error: { code: string; message: string; fields?: { field: string; message: string }[] };
    };

const batchBody = z.strictObject({
  records: z
    .array(z.unknown())
    .min(1, 'must hold at least one record')
    .max(BATCH_LIMIT, `must hold at most ${BATCH_LIMIT} records`),
});

/** The routes that create records of a kind: a single one, and a batch. */
export function recordCreateRoutes<R extends BaseRecord, Input extends object>(
  parts: UpsertParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options: CreateOptions<Input> = {},
): Route[] {
  return [createRoute(parts, service, shown, options), batchRoute(service, shown, options)];
}

function createRoute<R extends BaseRecord, Input extends object>(
  parts: UpsertParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options: CreateOptions<Input>,
): Route {
  const { noun, store } = service;
  const path = `/api/v1/${noun.plural}`;
  const { createWithReceipt } = options;
  const own = options.query ?? (noun.matchRules.length > 0 ? onDuplicateQuery(noun.matchRules) : undefined);
  const query = own?.extend(dryRunParameter) ?? dryRunQuery;
  return route<Input>({
    method: 'POST',
    path,
    scope: options.scope ?? `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Create ${withArticle(noun.label)}`,
    description: options.description ?? `Fires \`${noun.events.created.name}\`.`,
    body: noun.input,
    checksCaller: true,
    ...(shown.computed.length > 0 && { ignored: shown.computed }),
    ...(options.inputFor && { bodyFor: options.inputFor }),
    ...(options.formBody && { formBody: options.formBody }),
    query: query as unknown as z.ZodType<undefined>,
    answers: {
      201: shown.output,
      ...(noun.matchRules.length > 0 && { 200: upsertOutput(shown.output), 409: 'The record exists.' }),
    },
    async handle(ctx) {
      const writer = writerOf(ctx);
      if ((ctx.query as DryRunQuery | undefined)?.dry_run) return previewOf(service, ctx, writer);
      if (createWithReceipt) {
        const answer = await createWithReceipt(
          writer,
          { input: ctx.body, query: ctx.query, caller: ctx.caller },
          ctx,
        );
        if (answer.status !== 201) return answer;
        return { ...answer, headers: createdHeaders(path, (JSON.parse(answer.body) as Receipt).id) };
      }
      const { on_duplicate: mode = 'create' } = (ctx.query ?? {}) as { on_duplicate?: OnDuplicate };
      if (mode !== 'create') {
        const mayRead = ctx.caller.may(`${noun.plural}:read`);
        const requested = { input: ctx.body, source: ctx, rules: noun.matchRules, mode, mayRead };
        return upsert(parts, service, writer, requested);
      }
      const planned = await service.plan(writer, ctx.body, ctx);
      const answer = await store.create(writer, [planned], { status: 201, body: planned.text });
      options.afterCreate?.();
      return { ...answer, headers: createdHeaders(path, planned.id) };
    },
    ...renderedBy(service, shown, options, oneRecord),
  });
}

function batchRoute<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options: CreateOptions<Input>,
): Route {
  const { noun, store } = service;
  const textOf = (plan: Plan) =>
    options.createWithReceipt ? JSON.stringify({ id: plan.id, status: 'created' }) : plan.text;
  return route<z.infer<typeof batchBody>>({
    method: 'POST',
    path: `/api/v1/${noun.plural}/batch`,
    scope: options.scope ?? `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Create up to ${BATCH_LIMIT} ${noun.pluralLabel.toLowerCase()}`,
    description:
      'Answers `{"results":[{"status","record"|"error"}]}` in the order of `records`. An invalid record does not affect the others; the valid ones are written together.',
    body: batchBody,
    checksCaller: true,
    validatesItems: true,
    answers: { 200: batchResults(shown.output) },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const schema = options.inputFor?.(ctx.caller) ?? noun.input;
      const texts = memoized(() => recordTexts(ctx.sentText()));
      const planned = await Promise.all(
        ctx.body.records.map((sent, at) => {
          const source = { sent, sentText: () => texts()[at]!, client: ctx.client };
          return planItem(service, options, { schema, ignored: shown.computed }, writer, source);
        }),
      );
      const plans = planned.filter((plan): plan is Plan<R> => !(plan instanceof ApiError));
      const results = planned.map((plan) =>
        plan instanceof ApiError ? refusedItem(plan) : `{"status":201,"record":${textOf(plan)}}`,
      );
      const body = `{"results":[${results.join(',')}]}`;
      const answer = await store.create(writer, plans, { status: 200, body });
      options.afterCreate?.();
      return answer;
    },
    ...renderedBy(service, shown, options, batchOfRecords),
  });
}

/** The effect of a create; nothing is written. */
async function previewOf<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  ctx: Ctx<Input, unknown>,
  writer: Writer,
): Promise<Answer> {
  // `on_duplicate` of a lead may be in its body.
  const { on_duplicate: ofBody, ...input } = ctx.body as Input & { on_duplicate?: string };
  checkPreviewable((ctx.query as { on_duplicate?: string }).on_duplicate ?? ofBody);
  return previewAnswer(ctx.caller, await service.previewCreate(writer, input as unknown as Input, ctx));
}

/** The response of a batch. @param record undefined if it has no records */
export function batchResults(record?: z.ZodType) {
  const item = z.object({ status: z.int(), error: z.unknown().optional() });
  return z.object({ results: z.array(record ? item.extend({ record: record.optional() }) : item) });
}

/** Makes the text of a record in a response from the text that was stored. */
type RenderRecord = (caller: Caller, stored: readonly object[]) => Promise<readonly object[]>;

/** A response is rendered if records are read back or have computed fields. */
function renderedBy<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  { createWithReceipt }: CreateOptions<Input>,
  render: (
    body: string,
    records: (stored: readonly object[]) => Promise<readonly object[]>,
  ) => Promise<object>,
): Pick<Route, 'render'> {
  if (!createWithReceipt && shown.always.length === 0) return {};
  const renderRecords: RenderRecord = createWithReceipt
    ? (caller, stored) => readBack(service, shown, caller, stored as readonly Receipt[])
    : ({ workspaceId }, stored) => shown.complete(workspaceId, stored as readonly R[]);
  return {
    async render(answer: Answer, { caller }) {
      // That of a dry run is an object.
      if (typeof answer.body !== 'string') return answer;
      return { ...answer, body: await render(answer.body, (stored) => renderRecords(caller, stored)) };
    },
  };
}

const oneRecord: Parameters<typeof renderedBy>[3] = async (body, records) =>
  (await records([JSON.parse(body) as object]))[0]!;

/** The response of a batch with its records rendered. */
export const batchOfRecords: Parameters<typeof renderedBy>[3] = async (body, records) => {
  const { results } = JSON.parse(body) as { results: BatchResult[] };
  const rendered = [
    ...(await records(results.flatMap((result) => ('record' in result ? [result.record] : [])))),
  ];
  return {
    results: results.map((result) =>
      'record' in result ? { ...result, record: rendered.shift()! } : result,
    ),
  };
};

/**
 * The current records of receipts. A receipt stays if its record was deleted, or if the caller may create records but not
 * read them: such a caller gets only what it created itself, as long as nobody changed it. The records are stored, so a
 * database that fails now leaves the receipts too.
 */
async function readBack<R extends BaseRecord, Input extends object>(
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  caller: Caller,
  receipts: readonly Receipt[],
): Promise<readonly object[]> {
  const { workspaceId } = caller;
  const mayRead = caller.may(`${noun.plural}:read`);
  const isOwn = ({ status }: Receipt, { version }: R) => status === 'created' && version === 1;
  try {
    const ids = receipts.map(({ id }) => id);
    const records = await shown.complete(workspaceId, await store.getMany(workspaceId, ids));
    const byId = new Map(records.map((record) => [record.id, record]));
    return receipts.map((receipt) => {
      const record = byId.get(receipt.id);
      return record && (mayRead || isOwn(receipt, record)) ? record : receipt;
    });
  } catch {
    return receipts;
  }
}

/** Plans one record of a batch, or returns its error. */
async function planItem<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  { checkBatched }: CreateOptions<Input>,
  { schema, ignored }: { schema: z.ZodType<Input>; ignored: readonly string[] },
  writer: Writer,
  source: Source,
): Promise<Plan<R> | ApiError> {
  const parsed = validate(schema, withoutIgnored(source.sent, ignored), true);
  if ('error' in parsed) return validationError(parsed.error, 'body');
  try {
    checkBatched?.(parsed.data);
    return await service.plan(writer, parsed.data, source);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** The JSON text of each record of a batch, in order. */
function recordTexts(body: string): string[] {
  const records = membersOf(body).findLast(({ name }) => name === 'records');
  return records ? itemsOf(records.value) : [];
}

function memoized<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** An item of a batch that was refused, as JSON. */
export function refusedItem({ status, code, message, fields }: ApiError): string {
  return JSON.stringify({ status, error: { code, message, fields } });
}

function createdHeaders(path: string, id: Uuid): Record<string, string> {
  return { etag: '"1"', location: `${path}/${id}` };
}

export function writerOf({ caller, claim }: Pick<Ctx<unknown, unknown>, 'caller' | 'claim'>): Writer {
  const { workspaceId, actor, makerId } = caller;
  const writer: Writer = { workspaceId, actor, makerId };
  if (claim) writer.claim = claim;
  if (caller.check) writer.check = caller.check;
  return writer;
}

export function withArticle(label: string): string {
  return `${/^[aeiou]/i.test(label) ? 'an' : 'a'} ${label.toLowerCase()}`;
}
