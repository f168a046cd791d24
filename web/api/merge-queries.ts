import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { dataOf, makeClient } from './client.ts';
import type { ObjectRecord } from './record-queries.ts';

/** A record that was merged into another one. */
export interface MergedRecord {
  id: string;
  merged_at: string;
  merged_by: string;
  merged_into: string;
  /** Null: it cannot be undone any more. */
  unmergeable_until: string | null;
  record: ObjectRecord;
}

/** What a merge would do. */
export interface MergePreview {
  record: ObjectRecord;
  moves: { label: string; count: number }[];
}

interface RecordPath {
  plural: string;
  id: string;
}

interface Json<Body> {
  content: { 'application/json': Body };
}

interface Reading<Body, Query = undefined> {
  get: {
    parameters: { path: RecordPath } & (Query extends undefined ? unknown : { query: Query });
    responses: { 200: Json<Body> };
  };
}

interface Writing<Body> {
  post: {
    parameters: { path: RecordPath };
    requestBody: Json<Body>;
    responses: { 200: Json<ObjectRecord> };
  };
}

const records = makeClient<{
  '/api/v1/{plural}/{id}/merge': Writing<{ with: string[]; values: Record<string, string> }>;
  '/api/v1/{plural}/{id}/unmerge': Writing<{ id: string }>;
  '/api/v1/{plural}/{id}/merges': Reading<{ data: MergedRecord[] }>;
  '/api/v1/{plural}/{id}/duplicates': Reading<{ data: ObjectRecord[] }>;
  '/api/v1/{plural}/{id}/merge-preview': Reading<MergePreview, { with: string }>;
}>();

/** What a merge of another record into a record would do. */
export const mergePreviewQuery = (plural: string, id: string, other: string) =>
  queryOptions({
    queryKey: [plural, 'merge-preview', id, other],
    queryFn: ({ signal }) =>
      dataOf(
        records.GET('/api/v1/{plural}/{id}/merge-preview', {
          params: { path: { plural, id }, query: { with: other } },
          signal,
        }),
      ),
  });

/** The records that were merged into a record, latest first. */
export const mergesQuery = (plural: string, id: string) =>
  queryOptions({
    queryKey: [plural, 'merges', id],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          records.GET('/api/v1/{plural}/{id}/merges', { params: { path: { plural, id } }, signal }),
        )
      ).data,
  });

/** Other records that may be the same. */
export const duplicatesQuery = (plural: string, id: string) =>
  queryOptions({
    queryKey: [plural, 'duplicates', id],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          records.GET('/api/v1/{plural}/{id}/duplicates', { params: { path: { plural, id } }, signal }),
        )
      ).data,
  });

/** Merges a record into another one. @param values fields whose value is taken from a record, by its id */
export function useMergeRecords(plural: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, other, values }: { id: string; other: string; values: Record<string, string> }) =>
      dataOf(
        records.POST('/api/v1/{plural}/{id}/merge', {
          params: { path: { plural, id } },
          body: { with: [other], values },
        }),
      ),
    // Records of any object may have been moved.
    onSuccess: () => queries.invalidateQueries(),
  });
}

/** Undoes the merge of a record. */
export function useUnmergeRecord(plural: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, merged }: { id: string; merged: string }) =>
      dataOf(
        records.POST('/api/v1/{plural}/{id}/unmerge', {
          params: { path: { plural, id } },
          body: { id: merged },
        }),
      ),
    onSuccess: () => queries.invalidateQueries(),
  });
}
