import { digitsOfInexact } from './number.ts';

/**
 * Whether two plain JSON values are the same, whatever the order of their fields. A number that is no double is the same
 * as the one that is answered with its digits.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const digits = digitsOfInexact(a);
  if (digits !== null) return digits === JSON.stringify(b);
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]));
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
