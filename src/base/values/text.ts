import { z } from 'zod';

/**
 * Why PostgreSQL or JSON cannot store a text unchanged, as the predicate of a sentence whose subject is the field;
 * null if both can.
 */
export function storageProblem(value: string): string | null {
  if (value.includes('\0')) return 'must not contain NUL characters';
  return value.isWellFormed() ? null : 'must be well-formed Unicode';
}

/** A text that is kept unchanged: at most `max` UTF-16 units, without NUL and lone surrogates. */
export function plainText(max: number) {
  return z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0'), 'must not contain NUL characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
}

/**
 * A text typed by a person: it is trimmed, an empty text becomes null, and a text of zero-width characters only is
 * rejected.
 */
export function text(max: number) {
  return plainText(max)
    .refine((value) => value.trim() === '' || !isBlank(value), 'must contain a visible character')
    .transform((value) => value.trim() || null)
    .nullable();
}

const EMPTY = 'must not be empty';

/** The same as `text`, but with at least one visible character. */
export function requiredText(max: number) {
  return plainText(max)
    .trim()
    .min(1, { error: EMPTY, abort: true })
    .refine((value) => !isBlank(value), EMPTY);
}

/**
 * White space, format characters, and letters that Unicode renders as nothing. NUL has an error message of its
 * own.
 */
const INVISIBLE = /^[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether a text shows nothing: empty, white space, zero-width characters. */
export function isBlank(value: string): boolean {
  const first = value.charCodeAt(0);
  // Most texts begin with a letter or a digit.
  return !(first > 0x20 && first < 0x7f) && INVISIBLE.test(value);
}
