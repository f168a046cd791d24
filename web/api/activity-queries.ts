import { pagesOf } from './pages-of.ts';
import type { components } from './schema.d.ts';

export type Activity = components['schemas']['Activity'];

/** What happened to a record of any kind, newest first. */
export const timelineQuery = (recordId: string) =>
  pagesOf<Activity>(['activities', recordId], `/activities/${recordId}`, { limit: 30 });
