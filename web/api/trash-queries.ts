import { useMutation, useQueryClient } from '@tanstack/react-query';
import { dataOf, makeClient } from './client.ts';
import type { listQuery } from './list-query.ts';
import { queriesOf, type ObjectRecord } from './record-queries.ts';

/** A deleted record, whole. */
export type DeletedRecord = ObjectRecord & {
  deleted_at: string;
  deleted_by: string | null;
  /** Null if its data is being erased. */
  restorable_until: string | null;
};

/** Deleted records of an object, latest first. */
export const trashQuery = (plural: string) =>
  queriesOf({ plural }).list({ deleted: 'only', sort: '-updated_at' }) as unknown as ReturnType<
    typeof listQuery<DeletedRecord>
  >;

interface RecordPath {
  parameters: { path: { plural: string; id: string } };
}

const records = makeClient<{
  '/api/v1/{plural}/{id}/restore': {
    post: RecordPath & { responses: { 200: { content: { 'application/json': ObjectRecord } } } };
  };
  '/api/v1/{plural}/{id}/erase': {
    post: RecordPath & { responses: { 202: { content: { 'application/json': { id: string } } } } };
  };
}>();

/** Restores a deleted record. */
export function useRestoreRecord(plural: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(records.POST('/api/v1/{plural}/{id}/restore', { params: { path: { plural, id } } })),
    onSuccess: () => queries.invalidateQueries(),
  });
}

/** Asks to erase the personal data of a deleted record at once. */
export function useEraseRecord(plural: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(records.POST('/api/v1/{plural}/{id}/erase', { params: { path: { plural, id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [plural] }),
  });
}
