import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type Task = components['schemas']['Task'];

export const tasks = recordQueries('tasks');
