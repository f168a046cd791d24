import type { EventObject, EventType } from '../delivery/event.ts';
import type { Route } from '../http/route.ts';
import { activityRoutes } from './activities/activity-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import type { Noun } from './record.ts';
import { task } from './tasks/task.ts';
import { recordRoutes } from './record-routes.ts';
import type { StoreParts } from './record-store.ts';

/** The registry: every kind of record there is. A new noun is its folder, a migration, and a line here. */
const NOUNS = [contact, company, task] as const;

/** Plural names, from which the scopes come. */
export const RECORD_OBJECTS: readonly string[] = [...NOUNS.map((noun) => noun.plural), 'activities'];

export const RECORD_EVENTS: readonly EventType[] = NOUNS.flatMap((noun) => Object.values(noun.events));

export const EVENT_OBJECTS: readonly EventObject[] = NOUNS.map(({ name, summary }) => ({ name, summary }));

export function crmRoutes(parts: StoreParts): Route[] {
  return [...NOUNS.flatMap((noun) => recordRoutes(noun as Noun, parts)), ...activityRoutes(parts.db)];
}
