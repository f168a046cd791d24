/** An object of Stripe's API. Its fields differ between API versions, so each is read by its type. */
export type StripeObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is StripeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object; an empty one if there is none. */
export function objectOf(object: StripeObject, name: string): StripeObject {
  const value = object[name];
  return isObject(value) ? value : {};
}

/** The items of a list of Stripe's, or of an array. */
export function itemsOf(object: StripeObject, name: string): StripeObject[] {
  const value = object[name];
  const items = isObject(value) ? value['data'] : value;
  return Array.isArray(items) ? items.filter(isObject) : [];
}

export function textOf(object: StripeObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The id of an object that may be expanded. */
export function idOf(object: StripeObject, name: string): string | null {
  const value = object[name];
  return isObject(value) ? textOf(value, 'id') : textOf(object, name);
}

/** A whole number that is exact. */
export function integerOf(object: StripeObject, name: string): number | null {
  const value = object[name];
  return Number.isSafeInteger(value) ? (value as number) : null;
}

/** Stripe's times are seconds. @returns milliseconds */
export function timeOf(object: StripeObject, name: string): number | null {
  const seconds = integerOf(object, name);
  return seconds === null || seconds < 0 || seconds > 253_402_300_799 ? null : seconds * 1000;
}
