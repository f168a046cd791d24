import { storageProblem } from './text.ts';

/** What is wrong with an `inexactNumber`. */
export const INEXACT_NUMBER = 'would change as a number; send it as a string';

/** Something in a value that cannot be stored as it is. */
export interface Unstorable {
  path: (string | number)[];
  /** The rest of a sentence that begins with the path. */
  message: string;
}

/**
 * The first text, key or number within plain JSON that PostgreSQL or JavaScript would refuse or change; null where
 * everything can be stored. Whatever schema a value passed, this holds the last line.
 */
export function findUnstorable(value: unknown, path: (string | number)[] = []): Unstorable | null {
  if (typeof value === 'string') {
    const message = storageProblem(value);
    return message === null ? null : { path, message };
  }
  if (typeof value === 'symbol') return { path, message: INEXACT_NUMBER };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const wrongKey = storageProblem(key);
    if (wrongKey !== null) return { path, message: `a name in it ${wrongKey}` };
    const found = findUnstorable(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return null;
}
