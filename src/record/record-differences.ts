import { isSame } from '../base/values/same.ts';
import type { BaseRecord } from './noun.ts';

/** The fields in which two records differ, with their previous values; null if there are none. */
export function differences<R extends BaseRecord>(
  before: R,
  after: R,
  columns: readonly (keyof R & string)[],
): Record<string, unknown> | null {
  const changed: Record<string, unknown> = {};
  for (const column of columns) {
    if (!isSame(before[column], after[column])) changed[column] = before[column];
  }
  return Object.keys(changed).length > 0 ? changed : null;
}
