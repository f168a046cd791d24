import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type Deal = components['schemas']['Deal'];

export const deals = recordQueries('deals');
