import { digitsOfInexact } from './number.ts';

/**
 * Whether two plain JSON values are equal, regardless of field order. An inexact number equals a value that is
 * serialized with the same digits.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const digits = digitsOfInexact(a);
  if (digits !== null) return digits === JSON.stringify(b);
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]));
}

/**
 * The fields of a change that differ from what is stored, so that a client may send back what it read.
 * @param change the parsed form of `sent`, for example trimmed; pass `sent` itself if it was not parsed
 */
export function withoutUnchanged<T extends object>(change: T, sent: object, stored: object): T {
  const [came, now] = [sent as Record<string, unknown>, stored as Record<string, unknown>];
  const isUnchanged = (name: string) => Object.hasOwn(came, name) && isSame(came[name], now[name]);
  return Object.fromEntries(Object.entries(change).filter(([name]) => !isUnchanged(name))) as T;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
