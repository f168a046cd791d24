import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, dataOf, type Query } from './client.ts';
import { recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Task = components['schemas']['Task'];
/** A task with the names of the records that it is about. */
export type AgendaTask = components['schemas']['AgendaTask'];
export type AgendaView = NonNullable<
  NonNullable<operations['getTasksAgenda']['parameters']['query']>['view']
>;

export const tasks = recordQueries('tasks');

/**
 * The tasks of a view in the order in which they are done, with the number of open tasks by when they are due.
 * @param today `YYYY-MM-DD`
 */
export const agendaQuery = (view: AgendaView, today: string, filter: Query) =>
  infiniteQueryOptions({
    // Under the list key, so that a changed task refetches it.
    queryKey: [tasks.plural, 'list', 'agenda', view, today, filter],
    queryFn: ({ pageParam: cursor, signal }) =>
      dataOf(
        api.GET('/api/v1/tasks/agenda', {
          params: { query: { ...filter, view, today, ...(cursor !== undefined && { cursor }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => ({
      tasks: pages.flatMap((page) => page.data),
      counts: pages[0]?.counts ?? { open: 0, overdue: 0, today: 0, upcoming: 0 },
    }),
  });
