import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { sessionQuery } from './session-queries.ts';

/** Sets the logo of the workspace, or deletes it (null). */
export function useSetLogo() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (file: File | null) =>
      file ? call<unknown>('PUT', '/workspace/logo', { file }) : call<unknown>('DELETE', '/workspace/logo'),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}
