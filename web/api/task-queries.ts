import { recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Task = components['schemas']['Task'];
export type TaskInput = operations['postTasks']['requestBody']['content']['application/json'];

export const tasks = recordQueries('tasks');
