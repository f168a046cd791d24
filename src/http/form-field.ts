import { invalid, type ApiError } from '../base/errors.ts';

/** A name and its value as undecoded bytes. */
export interface RawField {
  name: Buffer;
  value: Buffer;
  /** The charset of the field's own Content-Type. */
  charset?: string | undefined;
}

/** More than any form for people has; 1 MiB could contain a hundred thousand. */
export const MAX_FIELDS = 200;

export function tooManyFields(): ApiError {
  return invalid('body', `must have at most ${MAX_FIELDS} fields`);
}
