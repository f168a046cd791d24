import { invalid, type ApiError } from '../base/errors.ts';

/** A name and its value as bytes, not decoded yet. */
export interface RawField {
  name: Buffer;
  value: Buffer;
  /** What the field's own Content-Type declares. */
  charset?: string | undefined;
}

/** No form that people fill in has more; without a limit 1 MiB holds a hundred thousand. */
export const MAX_FIELDS = 200;

export function tooManyFields(): ApiError {
  return invalid('body', `must have at most ${MAX_FIELDS} fields`);
}
