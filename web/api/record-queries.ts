import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { call, isConflict, type Query } from './client.ts';
import { listQuery } from './list-query.ts';

/** The fields that every record has. */
export interface BaseRecord {
  id: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
  custom_fields: Record<string, string | number | boolean>;
}

/** A record of any object. */
export type ObjectRecord = BaseRecord & Readonly<Record<string, unknown>>;
export type ObjectInput = Record<string, unknown>;

/** The queries of an object. */
export interface RecordQueries<R extends BaseRecord, Input extends object> {
  /** As in `contacts`; used in paths, scopes and query keys. */
  readonly plural: string;
  list: (query?: Query) => ReturnType<typeof listQuery<R>>;
  detail: (id: string) => ReturnType<typeof detailQuery<R>>;
  create: (body: Input) => Promise<R>;
}

export function recordQueries<R extends BaseRecord, Input extends object>(
  plural: string,
): RecordQueries<R, Input> {
  return {
    plural,
    list: (query) => listQuery<R>([plural, 'list'], `/${plural}`, query),
    detail: (id) => detailQuery<R>(plural, id),
    // Some objects respond with a receipt unless the record is requested.
    create: (body) => call<R>('POST', `/${plural}`, { body, prefersRecord: true }),
  };
}

/** The same for records of any object. */
export function queriesOf({ plural }: { plural: string }): RecordQueries<ObjectRecord, ObjectInput> {
  return recordQueries(plural);
}

function detailQuery<R extends BaseRecord>(plural: string, id: string) {
  return queryOptions({
    queryKey: [plural, 'one', id],
    queryFn: ({ signal }) => call<R>('GET', `/${plural}/${id}`, { signal }),
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
    mutationFn: ({ id, version, change }: { id: string; version: number; change: Partial<Input> }) =>
      call<R>('PATCH', `/${kind.plural}/${id}`, { body: change, ifMatch: version }),
    onSuccess: (record) => cacheRecord(queries, kind, record),
    async onError(error, { id }) {
      if (!isConflict(error)) return;
      await queries.invalidateQueries(kind.detail(id));
      await queries.invalidateQueries({ queryKey: [kind.plural, 'list'] });
    },
  });
}

export function useRemoveRecord<R extends BaseRecord, Input extends object>(kind: RecordQueries<R, Input>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/${kind.plural}/${id}`),
    async onSuccess(_nothing, id) {
      // The page is still mounted for a moment and must not refetch the deleted record.
      await queries.invalidateQueries({ queryKey: kind.detail(id).queryKey, refetchType: 'none' });
      await queries.invalidateQueries({ queryKey: [kind.plural, 'list'] });
    },
  });
}

/** Caches a record from a response; refetches its lists and its timeline. */
export async function cacheRecord<R extends BaseRecord, Input extends object>(
  queries: QueryClient,
  kind: RecordQueries<R, Input>,
  record: R,
): Promise<void> {
  queries.setQueryData<BaseRecord>([kind.plural, 'one', record.id], record);
  await Promise.all([
    queries.invalidateQueries({ queryKey: [kind.plural, 'list'] }),
    queries.invalidateQueries({ queryKey: ['activities', record.id] }),
  ]);
}
