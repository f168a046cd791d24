import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Activity = components['schemas']['Activity'];

/** What happened to a record of any kind, newest first. */
export const timelineQuery = (recordId: string) =>
  listQuery<Activity>(['activities', recordId], `/activities/${recordId}`, { limit: 30 });
