import { z } from 'zod';
import type { StoredAnswer } from '../account/idempotency.ts';
import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { itemsOf, membersOf } from '../base/json-text.ts';
import type { FormFields } from '../http/form-body.ts';
import { validationError } from '../http/error-response.ts';
import { route, type Answer, type Ctx, type Route } from '../http/route.ts';
import { validate } from '../http/validation.ts';
import type { BaseRecord } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import type { Plan, Writer } from './record-plan.ts';
import type { RecordService, Source } from './record-service.ts';

const BATCH_LIMIT = 500;

/** How records of a kind are created, if not by the defaults. */
export interface CreateOptions<Input extends object> {
  /** Default: the write scope. */
  scope?: string;
  description?: string;
  query?: z.ZodType;
  /** The schema for this caller; default: the noun's. */
  inputFor?(caller: Caller): z.ZodType<Input>;
  formBody?(fields: FormFields): unknown;
  /** Throws `validation_error` for input that is not allowed in a batch. */
  checkBatched?(input: Input): void;
  /**
   * Creates one record. For nouns whose records the writing statement completes: a receipt is stored as the response, and
   * the record is read back.
   */
  createWithReceipt?(
    writer: Writer,
    requested: { input: Input; query: unknown },
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
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options: CreateOptions<Input> = {},
): Route[] {
  return [createRoute(service, shown, options), batchRoute(service, shown, options)];
}

function createRoute<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  options: CreateOptions<Input>,
): Route {
  const { noun, store } = service;
  const path = `/api/v1/${noun.plural}`;
  const { createWithReceipt } = options;
  return route<Input>({
    method: 'POST',
    path,
    scope: options.scope ?? `${noun.plural}:write`,
    tag: noun.plural,
    summary: `Create ${withArticle(noun.label)}`,
    description: options.description ?? `Fires \`${noun.events.created.name}\`.`,
    body: noun.input,
    ...(options.inputFor && { bodyFor: options.inputFor }),
    ...(options.formBody && { formBody: options.formBody }),
    ...(options.query && { query: options.query as z.ZodType<undefined> }),
    answers: { 201: shown.output },
    async handle(ctx) {
      const writer = writerOf(ctx);
      if (createWithReceipt) {
        const answer = await createWithReceipt(writer, { input: ctx.body, query: ctx.query }, ctx);
        if (answer.status !== 201) return answer;
        return { ...answer, headers: createdHeaders(path, (JSON.parse(answer.body) as Receipt).id) };
      }
      const planned = await service.plan(writer, ctx.body, ctx);
      const answer = await store.create(writer, [planned], { status: 201, body: planned.text });
      return { ...answer, headers: createdHeaders(path, planned.id) };
    },
    ...renderedBy(service, shown, options, readBack),
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
    validatesItems: true,
    answers: {
      200: z.object({
        results: z.array(
          z.object({ status: z.int(), record: shown.output.optional(), error: z.unknown().optional() }),
        ),
      }),
    },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const schema = options.inputFor?.(ctx.caller) ?? noun.input;
      const texts = memoized(() => recordTexts(ctx.sentText()));
      const planned = await Promise.all(
        ctx.body.records.map((sent, at) => {
          const source = { sent, sentText: () => texts()[at]!, client: ctx.client };
          return planItem(service, options, schema, writer, source);
        }),
      );
      const plans = planned.filter((plan): plan is Plan<R> => !(plan instanceof ApiError));
      const results = planned.map((plan) =>
        plan instanceof ApiError ? refusedItem(plan) : `{"status":201,"record":${textOf(plan)}}`,
      );
      const body = `{"results":[${results.join(',')}]}`;
      return store.create(writer, plans, { status: 200, body });
    },
    ...renderedBy(service, shown, options, readBackBatch),
  });
}

type ReadBack = <R extends BaseRecord>(
  service: Pick<RecordService<R, never>, 'store'>,
  shown: RecordAnswer<R>,
  workspaceId: Uuid,
  body: string,
) => Promise<string>;

/** A response is rendered if records are read back or have computed fields. */
function renderedBy<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
  { createWithReceipt }: CreateOptions<Input>,
  read: ReadBack,
): Pick<Route, 'render'> {
  if (!createWithReceipt && shown.computed.length === 0) return {};
  return {
    async render(answer: Answer, { caller }) {
      if (typeof answer.body !== 'string') return answer;
      const body = await read(service as never, shown, caller.workspaceId, answer.body);
      return { ...answer, body };
    },
  };
}

/** The current record of a receipt; the receipt itself if the record was deleted. */
async function readBack<R extends BaseRecord>(
  { store }: Pick<RecordService<R, never>, 'store'>,
  shown: RecordAnswer<R>,
  workspaceId: Uuid,
  body: string,
): Promise<string> {
  const { id } = JSON.parse(body) as Receipt;
  const record = await store.get(workspaceId, id);
  if (!record) return body;
  const [completed] = await shown.complete(workspaceId, [record]);
  return JSON.stringify(completed);
}

async function readBackBatch<R extends BaseRecord>(
  { store }: Pick<RecordService<R, never>, 'store'>,
  shown: RecordAnswer<R>,
  workspaceId: Uuid,
  body: string,
): Promise<string> {
  const { results } = JSON.parse(body) as { results: BatchResult[] };
  const ids = results.flatMap((result) => ('record' in result ? [(result.record as Receipt).id] : []));
  const records = await shown.complete(workspaceId, await store.getMany(workspaceId, ids));
  const byId = new Map(records.map((record) => [record.id, record]));
  const rendered = results.map((result) =>
    'record' in result
      ? { ...result, record: byId.get((result.record as Receipt).id) ?? result.record }
      : result,
  );
  return JSON.stringify({ results: rendered });
}

/** Plans one record of a batch, or returns its error. */
async function planItem<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  { checkBatched }: CreateOptions<Input>,
  schema: z.ZodType<Input>,
  writer: Writer,
  source: Source,
): Promise<Plan<R> | ApiError> {
  const parsed = validate(schema, source.sent, true);
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

function refusedItem({ status, code, message, fields }: ApiError): string {
  return JSON.stringify({ status, error: { code, message, fields } });
}

function createdHeaders(path: string, id: Uuid): Record<string, string> {
  return { etag: '"1"', location: `${path}/${id}` };
}

export function writerOf({ caller, claim }: Pick<Ctx<unknown, unknown>, 'caller' | 'claim'>): Writer {
  return { workspaceId: caller.workspaceId, actor: caller.actor, ...(claim && { claim }) };
}

export function withArticle(label: string): string {
  return `${/^[aeiou]/i.test(label) ? 'an' : 'a'} ${label.toLowerCase()}`;
}
