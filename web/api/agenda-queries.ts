import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { tasks } from './task-queries.ts';

/** The user's tasks that are due, and the deals that are about to close. */
export const agendaQuery = queryOptions({
  // Under the list key, so that a completed task refetches it.
  queryKey: [tasks.plural, 'list', 'agenda'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/agenda', { signal })),
});
