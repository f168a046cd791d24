import { storageProblem } from './text.ts';

/** The validation message for an `inexactNumber`. */
export const INEXACT_NUMBER = 'would lose precision as a number; send it as a string';

/** A part of a value that cannot be stored unchanged. */
export interface Unstorable {
  path: (string | number)[];
  /** The predicate of a sentence whose subject is the path. */
  message: string;
}

/**
 * Finds the first text, key or number in plain JSON that PostgreSQL or JavaScript would reject or change; null if
 * there is none. It runs after every schema, as the last check.
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
    if (wrongKey !== null) return { path, message: `contains a name that ${wrongKey}` };
    const found = findUnstorable(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return null;
}
