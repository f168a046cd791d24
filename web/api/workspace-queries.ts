import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components, paths } from './schema.d.ts';
import { sessionQuery } from './session-queries.ts';

const PATH = '/api/v1/workspace';

export type Workspace = components['schemas']['Workspace'];
export type WorkspaceChange = paths[typeof PATH]['patch']['requestBody']['content']['application/json'];

export const workspaceQuery = queryOptions({
  queryKey: ['workspace'],
  queryFn: ({ signal }) => dataOf(api.GET(PATH, { signal })),
});

export function useChangeWorkspace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: WorkspaceChange) => dataOf(api.PATCH(PATH, { body })),
    onSuccess: (workspace) => {
      queries.setQueryData(workspaceQuery.queryKey, workspace);
      return queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
}
