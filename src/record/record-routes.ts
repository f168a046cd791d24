import { z } from 'zod';
import { AlreadyAnswered, type StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { itemsOf, membersOf } from '../base/json-text.ts';
import { validationError } from '../http/reply.ts';
import { validate } from '../http/validation.ts';
import type { FormFields } from '../http/form-body.ts';
import { route, type Answer, type Client, type Ctx, type ErrorStyle, type Route } from '../http/route.ts';
import { listQuery, listRecords, type ListQuery } from './record-list.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import { REPLAY, type RecordStore, type StoreParts, type Write, type Writer } from './record-store.ts';

const BATCH_LIMIT = 500;

const batchBody = z.strictObject({
  records: z
    .array(z.unknown())
    .min(1, 'must hold at least one record')
    .max(BATCH_LIMIT, `must hold at most ${BATCH_LIMIT} records`),
});

/** How an input came: as it was sent, and by whom. */
export interface Source {
  sent: unknown;
  /** The same as JSON text, exactly as it came, to be kept. */
  sentText(): string;
  client: Pick<Client, 'address' | 'referrer'>;
  /** Where it came in; default: `api`. */
  channel?: string;
  /** Where UTM fields stand, if not among what was sent. */
  campaign?: Record<string, unknown>;
}

/**
 * Works out what a client left out of an input and the workspace says; throws `validation_error` where it names what
 * the workspace does not have.
 */
export type Enrich = (
  writer: Writer,
  input: object,
  kind: 'new' | 'change',
  source: Source,
) => Promise<object>;

/** How a kind of record is made, where another system's API says it: what differs from the others. */
export interface CreateAdapter {
  scope: string;
  description: string;
  /** Answered in place of the record. */
  receipt(id: Uuid): object;
  output: z.ZodType;
  /** What it answers beside 201. */
  answers: Record<number, z.ZodType>;
  refusal(error: z.ZodError): ApiError;
  /** Of the route that makes one. */
  errors: ErrorStyle;
  formBody(fields: FormFields): unknown;
  query: z.ZodType;
  /** Throws `validation_error` for what is for one at a time, and not for a batch. */
  checkBatched(input: object): void;
  /**
   * Makes it in another way, where it is asked for in one; undefined where it is not.
   * @param prepare works the record out, up to its writing
   */
  otherwise(
    writer: Writer,
    requested: { input: object; query: unknown },
    prepare: (input: object) => Promise<Write>,
  ): Promise<Answer> | undefined;
}

/** What a noun has beside itself. */
export interface Extras {
  enrich?: Enrich;
  adapter?: CreateAdapter;
}

/** Works out one record of a request, as it came, up to its writing. */
type Prepare<Input> = (writer: Writer, input: Input, source: Source) => Promise<Write>;

/** The routes every kind of record has: list, create, batch, get, update, delete. */
export function recordRoutes<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input, object>,
  store: RecordStore<R, Input>,
  { db }: Pick<StoreParts, 'db'>,
  { enrich = (_writer, input) => Promise.resolve(input), adapter }: Extras = {},
): Route[] {
  const prepared: Prepare<Input> = async (writer, input, source) => {
    await store.checkReferences(writer.workspaceId, input);
    const completed = await enrich(writer, input, 'new', source);
    return store.prepare(writer, completed as Input);
  };
  const answerOf = (made: Write) => (adapter ? JSON.stringify(adapter.receipt(made.id)) : made.text);
  const path = `/api/v1/${noun.plural}`;
  const tag = noun.plural;
  const read = `${noun.plural}:read`;
  const write = `${noun.plural}:write`;
  const item = `a ${noun.name}`;
  const updates = Object.entries(noun.events)
    .filter(([verb, type]) => verb !== 'created' && verb !== 'deleted' && !type.isBeyondChange)
    .map(([, type]) => `\`${type.name}\``)
    .join(' or ');
  const query = listQuery(noun);
  const page = z.object({
    data: z.array(noun.output),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
    next_url: z.string().nullable(),
    total_count: z.int().optional(),
  });

  const list = route<undefined, ListQuery>({
    method: 'GET',
    path,
    scope: read,
    tag,
    summary: `List ${noun.plural}`,
    query,
    answers: { 200: page },
    handle: async ({ caller, query: requested, url }) => ({
      status: 200,
      body: await listRecords(db, noun, store, { workspaceId: caller.workspaceId, query: requested, url }),
    }),
  });

  const create = route<Input>({
    method: 'POST',
    path,
    scope: adapter?.scope ?? write,
    tag,
    summary: `Create ${item}`,
    description: adapter?.description ?? `Fires \`${noun.events.created.name}\`.`,
    body: noun.input,
    ...(adapter && {
      refusal: adapter.refusal,
      errors: adapter.errors,
      formBody: adapter.formBody,
      query: adapter.query as z.ZodType<undefined>,
    }),
    answers: { 201: adapter?.output ?? noun.output, ...adapter?.answers },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const other = adapter?.otherwise(writer, { input: ctx.body, query: ctx.query }, (input) =>
        prepared(writer, input as Input, ctx),
      );
      if (other) return other;
      const made = await prepared(writer, ctx.body, ctx);
      const answer = await store.create(writer, [made], { status: 201, body: answerOf(made) });
      return { ...told(answer), headers: { etag: '"1"', location: `${path}/${made.id}` } };
    },
  });

  const batch = route<z.infer<typeof batchBody>>({
    method: 'POST',
    path: `${path}/batch`,
    scope: adapter?.scope ?? write,
    tag,
    summary: `Create up to ${BATCH_LIMIT} ${noun.plural}`,
    description: `Answers \`{"results":[{"status","record"|"error"}]}\` in the order of \`records\`; a bad record does not hold up the others, and the good ones are written together.`,
    body: batchBody,
    validatesItems: true,
    answers: {
      200: z.object({
        results: z.array(
          z.object({
            status: z.int(),
            record: (adapter?.output ?? noun.output).optional(),
            error: z.unknown().optional(),
          }),
        ),
      }),
    },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const texts = memoized(() => recordTexts(ctx.sentText()));
      const tried = await Promise.all(
        ctx.body.records.map((sent, at) =>
          tryOne(writer, { sent, sentText: () => texts()[at]!, client: ctx.client }),
        ),
      );
      const writes = tried.filter((made): made is Write => !(made instanceof ApiError));
      const results = tried.map((made) =>
        made instanceof ApiError ? refused(made) : `{"status":201,"record":${answerOf(made)}}`,
      );
      const body = `{"results":[${results.join(',')}]}`;
      return told(await store.create(writer, writes, { status: 200, body }));
    },
  });

  const get = route<undefined, { include_deleted?: boolean | undefined }>({
    method: 'GET',
    path: `${path}/:id`,
    scope: read,
    tag,
    summary: `Get ${item}`,
    query: z.strictObject({
      include_deleted: z
        .stringbool()
        .optional()
        .meta({ description: 'Answers of one that is deleted its id and `deleted_at`, in place of 404.' }),
    }),
    answers: { 200: noun.output },
    async handle({ caller, params, query: requested }) {
      const record = await store.get(caller.workspaceId, params['id']!);
      if (record) return { status: 200, body: record, headers: { etag: etag(record) } };
      const deletedAt = requested.include_deleted
        ? await store.deletedAt(caller.workspaceId, params['id']!)
        : undefined;
      if (deletedAt) return { status: 200, body: { id: params['id'], deleted_at: deletedAt } };
      throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
    },
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<Change<Input>>({
      method,
      path: `${path}/:id`,
      scope: write,
      tag,
      summary: `Update ${item}`,
      description: `Changes only the fields sent. Fires ${updates}, unless nothing changes. With If-Match, 412 where the version is another.`,
      body: noun.change,
      supportsIfMatch: true,
      answers: { 200: noun.output },
      async handle(ctx) {
        await store.checkReferences(ctx.caller.workspaceId, ctx.body, ctx.params['id']);
        const writer = writerOf(ctx);
        const change = (await enrich(writer, ctx.body, 'change', ctx)) as Change<Input>;
        let changed: R | undefined;
        const shown = (record: R) => {
          changed = record;
          return { status: 200, body: JSON.stringify(record) };
        };
        const answer = await store.change(writer, ctx.params['id']!, change, ctx.ifMatch, shown, ctx.sent);
        return { ...told(answer), headers: changed ? { etag: etag(changed) } : {} };
      },
    });

  const remove = route({
    method: 'DELETE',
    path: `${path}/:id`,
    scope: write,
    tag,
    summary: `Delete ${item}`,
    description: `Fires \`${noun.events.deleted.name}\`; afterwards the ${noun.name} answers 404.`,
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const answer = await store.change(writerOf(ctx), ctx.params['id']!, null, ctx.ifMatch, () => ({
        status: 204,
        body: '',
      }));
      return { ...told(answer), body: null };
    },
  });

  return [list, create, batch, get, update('PATCH'), update('PUT'), remove];

  /** One record of a batch, up to its writing, or why there is none. */
  async function tryOne(writer: Writer, source: Source): Promise<Write | ApiError> {
    const parsed = validate(noun.input, source.sent, true);
    if ('error' in parsed) return adapter?.refusal(parsed.error) ?? validationError(parsed.error, 'body');
    try {
      adapter?.checkBatched(parsed.data);
      return await prepared(writer, parsed.data, source);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }
}

/** The texts of a batch's records, in order. */
function recordTexts(body: string): string[] {
  const records = membersOf(body).findLast(({ name }) => name === 'records');
  return records ? itemsOf(records.value) : [];
}

function memoized<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** One record of a batch that was not made. */
function refused({ status, code, message, fields }: ApiError): string {
  return JSON.stringify({ status, error: { code, message, fields } });
}

/** An answer as it leaves; where the key was taken meanwhile, the gate gives the one kept under it. */
function told(answer: StoredAnswer | typeof REPLAY): Answer {
  if (answer === REPLAY) throw new AlreadyAnswered();
  return { status: answer.status, body: answer.body };
}

function writerOf({ caller, claim }: Ctx<unknown, unknown>): Writer {
  return { workspaceId: caller.workspaceId, actor: caller.actor, ...(claim && { claim }) };
}

function etag(record: BaseRecord): string {
  return `"${record.version}"`;
}
