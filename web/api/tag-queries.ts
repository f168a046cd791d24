import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, makeClient } from './client.ts';
import { listQuery } from './list-query.ts';
import { cacheRecord, type ObjectRecord } from './record-queries.ts';
import type { operations } from './schema.d.ts';

/** A tag of the workspace, with its number of records by object. */
export type Tag = operations['getTags']['responses'][200]['content']['application/json']['data'][number];

const TAGS_KEY = ['tags'];
const MAX_OFFERED = 20;

export const tagsQuery = (q: string) =>
  listQuery(TAGS_KEY, { q }, (cursor, signal) =>
    api.GET('/api/v1/tags', { params: { query: { ...(q && { q }), ...cursor } }, signal }),
  );

/** Names of tags that contain the text, for an input. */
export function useTagNames(typed: string, isEnabled = true): string[] {
  const query = { ...(typed && { q: typed }), limit: MAX_OFFERED, usage: 'false' };
  const { data = [] } = useInfiniteQuery({
    ...listQuery([...TAGS_KEY, 'names'], { q: typed }, (cursor, signal) =>
      api.GET('/api/v1/tags', { params: { query: { ...query, ...cursor } }, signal }),
    ),
    placeholderData: keepPreviousData,
    enabled: isEnabled,
  });
  return data.map(({ name }) => name);
}

/** Records change as well, in the background. */
function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries() };
}

export const useRenameTag = () =>
  useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      dataOf(api.PATCH('/api/v1/tags/{id}', { params: { path: { id } }, body: { name } })),
    ...useInvalidation(),
  });

export const useMergeTags = () =>
  useMutation({
    mutationFn: ({ id, others }: { id: string; others: string[] }) =>
      dataOf(api.POST('/api/v1/tags/{id}/merge', { params: { path: { id } }, body: { with: others } })),
    ...useInvalidation(),
  });

export const useRemoveTag = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/tags/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });

export const useAddTag = () =>
  useMutation({
    mutationFn: (name: string) => dataOf(api.POST('/api/v1/tags', { body: { name } })),
    ...useInvalidation(),
  });

const records = makeClient<{
  '/api/v1/{plural}/{id}/tags': {
    post: {
      parameters: { path: { plural: string; id: string } };
      requestBody: { content: { 'application/json': TagChange } };
      responses: { 200: { content: { 'application/json': ObjectRecord } } };
    };
  };
}>();

interface TagChange {
  add?: string[];
  remove?: string[];
}

/** Adds and removes tags of a record. */
export function useChangeTags(plural: string, id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: TagChange) =>
      dataOf(records.POST('/api/v1/{plural}/{id}/tags', { params: { path: { plural, id } }, body })),
    onSuccess: async (record) => {
      await cacheRecord(queries, { plural }, record);
      await queries.invalidateQueries({ queryKey: TAGS_KEY });
    },
  });
}
