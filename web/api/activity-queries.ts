import { api } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Activity = components['schemas']['Activity'];

/** The activities of a record, newest first. */
export const timelineQuery = (recordId: string) =>
  listQuery(['activities', recordId], { limit: 30 }, (cursor, signal) =>
    api.GET('/api/v1/activities/{contact_id}', {
      params: { path: { contact_id: recordId }, query: { limit: 30, ...cursor } },
      signal,
    }),
  );
