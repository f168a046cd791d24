import { z } from 'zod';
import { AlreadyAnswered, type StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { validationError } from '../http/reply.ts';
import { route, type Answer, type Ctx, type Route } from '../http/route.ts';
import { listQuery, listRecords, type ListQuery } from './record-list.ts';
import type { BaseRecord, Change, Noun } from './record.ts';
import {
  makeRecordStore,
  REPLAY,
  type RecordStore,
  type StoreParts,
  type Write,
  type Writer,
} from './record-store.ts';

const BATCH_LIMIT = 500;

const batchBody = z.strictObject({
  records: z
    .array(z.unknown())
    .min(1, 'must hold at least one record')
    .max(BATCH_LIMIT, `must hold at most ${BATCH_LIMIT} records`),
});

/**
 * Works out what a client left out of an input and the workspace says; throws `validation_error` where it names what
 * the workspace does not have.
 */
export type Completion = (workspaceId: Uuid, input: object, kind: 'new' | 'change') => Promise<object>;

/** The routes every kind of record has: list, create, batch, get, update, delete. */
export function recordRoutes<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  parts: StoreParts,
  complete: Completion = (_workspaceId, input) => Promise.resolve(input),
): Route[] {
  const store = makeRecordStore(noun, parts);
  const prepared = async (writer: Writer, input: Input): Promise<Write> => {
    await store.checkReferences(writer.workspaceId, input);
    return store.prepare(writer, (await complete(writer.workspaceId, input, 'new')) as Input);
  };
  const path = `/api/v1/${noun.plural}`;
  const tag = noun.plural;
  const read = `${noun.plural}:read`;
  const write = `${noun.plural}:write`;
  const one = `a ${noun.name}`;
  const updates = Object.entries(noun.events)
    .filter(([verb]) => verb !== 'created' && verb !== 'deleted')
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
    query: query,
    answers: { 200: page },
    handle: async ({ caller, query: asked, url }) => ({
      status: 200,
      body: await listRecords(parts.db, noun, store, { workspaceId: caller.workspaceId, query: asked, url }),
    }),
  });

  const create = route<Input>({
    method: 'POST',
    path,
    scope: write,
    tag,
    summary: `Create ${one}`,
    description: `Fires \`${noun.events.created.name}\`.`,
    body: noun.input,
    answers: { 201: noun.output },
    async handle(ctx) {
      const writer = writerOf(ctx);
      const made = await prepared(writer, ctx.body);
      const answer = await store.create(writer, [made], { status: 201, body: made.text });
      return { ...told(answer), headers: { etag: '"1"', location: `${path}/${made.id}` } };
    },
  });

  const batch = route<z.infer<typeof batchBody>>({
    method: 'POST',
    path: `${path}/batch`,
    scope: write,
    tag,
    summary: `Create up to ${BATCH_LIMIT} ${noun.plural}`,
    description: `Answers \`{"results":[{"status","record"|"error"}]}\` in the order of \`records\`; a bad record does not hold up the others, and the good ones are written together.`,
    body: batchBody,
    answers: {
      200: z.object({
        results: z.array(
          z.object({ status: z.int(), record: noun.output.optional(), error: z.unknown().optional() }),
        ),
      }),
    },
    handle: async (ctx) => told(await createBatch(noun, store, prepared, writerOf(ctx), ctx.body.records)),
  });

  const get = route<undefined, { include_deleted?: boolean | undefined }>({
    method: 'GET',
    path: `${path}/:id`,
    scope: read,
    tag,
    summary: `Get ${one}`,
    query: z.strictObject({ include_deleted: z.stringbool().optional() }),
    answers: { 200: noun.output },
    async handle({ caller, params, query: asked }) {
      const record = await store.get(caller.workspaceId, params['id']!);
      if (record) return { status: 200, body: record, headers: { etag: etag(record) } };
      const deletedAt = asked.include_deleted
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
      summary: `Update ${one}`,
      description: `Changes only the fields sent. Fires ${updates}, unless nothing changes. With If-Match, 412 where the version is another.`,
      body: noun.change,
      heedsIfMatch: true,
      answers: { 200: noun.output },
      async handle(ctx) {
        await store.checkReferences(ctx.caller.workspaceId, ctx.body, ctx.params['id']);
        const change = (await complete(ctx.caller.workspaceId, ctx.body, 'change')) as Change<Input>;
        let changed: R | undefined;
        const answer = await store.change(writerOf(ctx), ctx.params['id']!, change, ctx.ifMatch, (record) => {
          changed = record;
          return { status: 200, body: JSON.stringify(record) };
        });
        return { ...told(answer), headers: changed ? { etag: etag(changed) } : {} };
      },
    });

  const remove = route({
    method: 'DELETE',
    path: `${path}/:id`,
    scope: write,
    tag,
    summary: `Delete ${one}`,
    description: `Fires \`${noun.events.deleted.name}\`; afterwards the ${noun.name} answers 404.`,
    heedsIfMatch: true,
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
}

async function createBatch<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  store: RecordStore<R, Input>,
  prepared: (writer: Writer, input: Input) => Promise<Write>,
  writer: Writer,
  records: unknown[],
): Promise<StoredAnswer | typeof REPLAY> {
  const tried = await Promise.all(
    records.map((record) => prepare(noun, (given) => prepared(writer, given), record)),
  );
  const writes = tried.filter((one): one is Write => !(one instanceof ApiError));
  const results = tried.map((one) =>
    one instanceof ApiError
      ? JSON.stringify({
          status: one.status,
          error: { code: one.code, message: one.message, fields: one.fields },
        })
      : `{"status":201,"record":${one.text}}`,
  );
  return store.create(writer, writes, { status: 200, body: `{"results":[${results.join(',')}]}` });
}

async function prepare<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  prepared: (input: Input) => Promise<Write>,
  record: unknown,
): Promise<Write | ApiError> {
  const parsed = noun.input.safeParse(record, { reportInput: true });
  if (!parsed.success) return validationError(parsed.error, 'body');
  try {
    return await prepared(parsed.data);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
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
