import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { sessionQuery } from './session-queries.ts';

const PATH = '/api/v1/workspace/logo';

/** Sets the logo of the workspace, or deletes it (null). */
export function useSetLogo() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: File | null): Promise<void> => {
      // The types of openapi.json describe a form as an object.
      if (file) await dataOf(api.PUT(PATH, { body: formWith(file) as never }));
      else await dataOf(api.DELETE(PATH));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}

/** The browser sets the Content-Type, with the boundary. */
function formWith(file: File): FormData {
  const form = new FormData();
  form.append('file', file);
  return form;
}
