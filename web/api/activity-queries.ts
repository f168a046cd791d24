import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Activity = components['schemas']['Activity'];

/** The activities of a record, newest first. */
export const timelineQuery = (recordId: string) =>
  listQuery<Activity>(['activities', recordId], `/activities/${recordId}`, { limit: 30 });
