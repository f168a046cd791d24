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

/**
 * The fields of a change that differ from what is stored: a client that sends back what it read changes nothing by it.
 * @param change what is left of `sent` once it was read, such as with spaces trimmed; the same as `sent` where nothing was
 */
export function withoutUnchanged<T extends object>(change: T, sent: object, stored: object): T {
  const [came, now] = [sent as Record<string, unknown>, stored as Record<string, unknown>];
  const isUnchanged = (name: string) => Object.hasOwn(came, name) && isSame(came[name], now[name]);
  return Object.fromEntries(Object.entries(change).filter(([name]) => !isUnchanged(name))) as T;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
