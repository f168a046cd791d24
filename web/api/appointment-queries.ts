import { queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Query } from './client.ts';
import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type Appointment = components['schemas']['Appointment'];

export const appointments = recordQueries('appointments');

/** The most of one page of the API. */
const PAGE_SIZE = 200;
/** A calendar with more of them shows none of them well. */
const MAX_SHOWN = 2000;

/** All appointments that take place, at least partly, between two times (ISO 8601), by their start. */
export const appointmentsBetween = (from: string, to: string, filter: Query) =>
  queryOptions({
    // Under the list key, so that a changed appointment refetches it.
    queryKey: [appointments.plural, 'list', 'between', from, to, filter],
    queryFn: async ({ signal }) => {
      const query = {
        ...filter,
        'ends_at[gt]': from,
        'starts_at[lt]': to,
        sort: 'starts_at',
        limit: PAGE_SIZE,
      };
      const found: Appointment[] = [];
      for (let cursor: string | null | undefined; cursor !== null && found.length < MAX_SHOWN;) {
        const page = await dataOf(
          api.GET('/api/v1/appointments', {
            params: { query: { ...query, ...(cursor !== undefined && { cursor }) } },
            signal,
          }),
        );
        found.push(...(page.data as Appointment[]));
        cursor = page.next_cursor;
      }
      return found;
    },
  });

/** Whether appointments can be booked; if not, the SQL that makes it possible. */
export const appointmentSettingsQuery = queryOptions({
  queryKey: ['appointment-settings'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/appointment-settings', { signal })),
  staleTime: 60_000,
});
