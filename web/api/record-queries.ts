import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { dataOf, ifMatch, isConflict, makeClient, PREFERS_RECORD, type Query } from './client.ts';
import { listQuery, type Page } from './list-query.ts';
import type { paths } from './schema.d.ts';

/** The fields that every record has. */
export interface BaseRecord {
  id: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  custom_fields: Record<string, string | number | boolean>;
}

/** A record that another one references, as `expand` returns it; a deleted one has only its id. */
export type ExpandedRecord = Readonly<Record<string, unknown>> & { id: string; version?: number };

/** A record of any object. */
export type ObjectRecord = BaseRecord & Readonly<Record<string, unknown>>;
export type ObjectInput = Record<string, unknown>;

/** The queries of an object. */
export interface RecordQueries<R extends BaseRecord = ObjectRecord, Input extends object = ObjectInput> {
  /** As in `contacts`; used in paths, scopes and query keys. */
  readonly plural: string;
  list: (query?: Query) => ReturnType<typeof listQuery<R>>;
  detail: (id: string) => ReturnType<typeof detailQuery<R>>;
  /** Some fields of a record. */
  only: (id: string, fields: readonly string[], signal: AbortSignal) => Promise<object>;
  create: (body: Input) => Promise<R>;
  update: (input: { id: string; version: number; change: Partial<Input> }) => Promise<R>;
}

/** The objects of openapi.json, as in `contacts`. */
type BuiltIn =
  | 'contacts'
  | 'companies'
  | 'deals'
  | 'tasks'
  | 'leads'
  | 'notes'
  | 'payments'
  | 'subscriptions'
  | 'appointments'
  | 'emails'
  | 'templates'
  | 'enrolments'
  | 'messages'
  | 'calls';
type Changes<Plural extends BuiltIn> = paths[`/api/v1/${Plural}/{id}`]['patch'];
type RecordOf<Plural extends BuiltIn> = Changes<Plural>['responses'][200]['content']['application/json'];
type InputOf<Plural extends BuiltIn> = Changes<Plural>['requestBody']['content']['application/json'];

/** The queries of a built-in object, with the types of its records. */
export function recordQueries<Plural extends BuiltIn>(
  plural: Plural,
): RecordQueries<RecordOf<Plural>, InputOf<Plural>> {
  // The paths are those of any object; which object it is decides the types of their records.
  return queriesOf({ plural }) as unknown as RecordQueries<RecordOf<Plural>, InputOf<Plural>>;
}

/** The paths of any object's records. openapi.json has those of each built-in object. */
interface RecordPaths {
  '/api/v1/{plural}': {
    get: {
      parameters: { path: { plural: string }; query?: Query };
      responses: { 200: Json<Page<ObjectRecord> & { total_count?: number }> };
    };
    post: {
      parameters: { path: { plural: string } };
      requestBody: Json<ObjectInput>;
      responses: { 201: Json<ObjectRecord> };
    };
  };
  '/api/v1/{plural}/matches': {
    get: {
      parameters: { path: { plural: string }; query: Query };
      responses: { 200: Json<{ data: ObjectRecord[] }> };
    };
  };
  '/api/v1/{plural}/{id}': {
    get: {
      parameters: { path: RecordPath; query?: { fields: string } };
      responses: { 200: Json<ObjectRecord> };
    };
    patch: {
      parameters: { path: RecordPath; header: { 'If-Match': string } };
      requestBody: Json<ObjectInput>;
      responses: { 200: Json<ObjectRecord> };
    };
    delete: {
      parameters: { path: RecordPath };
      responses: { 204: { content?: never } };
    };
  };
}

interface RecordPath {
  plural: string;
  id: string;
}

interface Json<Body> {
  content: { 'application/json': Body };
}

const records = makeClient<RecordPaths>();

/** The queries of any object. */
export function queriesOf({ plural }: { plural: string }): RecordQueries {
  return {
    plural,
    list: (query = {}) =>
      listQuery([plural, 'list'], query, (cursor, signal) =>
        records.GET('/api/v1/{plural}', {
          params: { path: { plural }, query: { ...query, ...cursor } },
          signal,
        }),
      ),
    detail: (id) =>
      detailQuery(plural, id, (signal) =>
        records.GET('/api/v1/{plural}/{id}', { params: { path: { plural, id } }, signal }),
      ),
    only: (id, fields, signal) =>
      dataOf(
        records.GET('/api/v1/{plural}/{id}', {
          params: { path: { plural, id }, query: { fields: fields.join(',') } },
          signal,
        }),
      ),
    create: (body) =>
      // Some objects respond with a receipt unless the record is requested.
      dataOf(
        records.POST('/api/v1/{plural}', { params: { path: { plural } }, body, headers: PREFERS_RECORD }),
      ),
    update: ({ id, version, change }) =>
      dataOf(
        records.PATCH('/api/v1/{plural}/{id}', {
          params: { path: { plural, id }, header: ifMatch(version) },
          body: change,
        }),
      ),
  };
}

/** The records of an object that changed last. */
export function recentQuery({ plural }: { plural: string }, limit: number) {
  const query = { sort: '-updated_at', limit };
  return queryOptions({
    queryKey: [plural, 'list', 'recent', limit],
    queryFn: async ({ signal }) =>
      (await dataOf(records.GET('/api/v1/{plural}', { params: { path: { plural }, query }, signal }))).data,
  });
}

/** The records that a new one with these values would be a duplicate of. */
export function matchesQuery({ plural }: { plural: string }, values: Query) {
  return queryOptions({
    queryKey: [plural, 'matches', values],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          records.GET('/api/v1/{plural}/matches', { params: { path: { plural }, query: values }, signal }),
        )
      ).data,
    staleTime: 10_000,
  });
}

function detailQuery<R extends BaseRecord>(
  plural: string,
  id: string,
  read: (signal: AbortSignal) => Promise<{ data?: R }>,
) {
  return queryOptions({
    queryKey: detailKey({ plural }, id),
    queryFn: ({ signal }) => dataOf(read(signal)),
  });
}

export function useCreateRecord<R extends BaseRecord, Input extends object>(kind: RecordQueries<R, Input>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: kind.create,
    onSuccess: (record) => cacheRecord(queries, kind, record),
  });
}

/** Rejects with 412 if the record changed since `version`, and then refetches it. */
export function useUpdateRecord<R extends BaseRecord, Input extends object>(kind: RecordQueries<R, Input>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: kind.update,
    onSuccess: (record) => cacheRecord(queries, kind, record),
    async onError(error, { id }) {
      if (!isConflict(error)) return;
      await queries.invalidateQueries({ queryKey: detailKey(kind, id) });
      await queries.invalidateQueries({ queryKey: [kind.plural, 'list'] });
    },
  });
}

export function useRemoveRecord(kind: RecordQueries) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(records.DELETE('/api/v1/{plural}/{id}', { params: { path: { plural: kind.plural, id } } })),
    async onSuccess(_nothing, id) {
      // The page is still mounted for a moment and must not refetch the deleted record.
      await queries.invalidateQueries({ queryKey: detailKey(kind, id), refetchType: 'none' });
      await queries.invalidateQueries({ queryKey: [kind.plural, 'list'] });
      await queries.invalidateQueries({ queryKey: ['activities'] });
    },
  });
}

function detailKey({ plural }: { plural: string }, id: string): readonly unknown[] {
  return [plural, 'one', id];
}

/** Caches a record from a response; refetches its lists and the timelines on view, which may include it. */
export async function cacheRecord(
  queries: QueryClient,
  { plural }: { plural: string },
  record: BaseRecord,
): Promise<void> {
  queries.setQueryData<BaseRecord>([plural, 'one', record.id], record);
  await Promise.all([
    queries.invalidateQueries({ queryKey: [plural, 'list'] }),
    queries.invalidateQueries({ queryKey: ['activities'] }),
  ]);
}

/** The newest records that reference a record, with their number. */
export function relatedQuery({ plural }: { plural: string }, filter: Query) {
  const query = { ...filter, limit: MAX_RELATED, count: 'exact' };
  return queryOptions({
    queryKey: [plural, 'list', 'related', query],
    queryFn: async ({ signal }) => {
      const page = await dataOf(
        records.GET('/api/v1/{plural}', { params: { path: { plural }, query }, signal }),
      );
      return { data: page.data, count: page.total_count ?? page.data.length };
    },
  });
}

const MAX_RELATED = 5;
