import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

/** A note, or a call or a meeting that was logged. */
export type Note = components['schemas']['Note'];

export const notes = recordQueries('notes');
