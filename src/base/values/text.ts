import { z } from 'zod';

/**
 * Why PostgreSQL or JSON could not hold a text as it is, as the rest of a sentence that begins with the field's name;
 * null where both can.
 */
export function storageProblem(value: string): string | null {
  if (value.includes('\0')) return 'must not contain NUL characters';
  return value.isWellFormed() ? null : 'must be well-formed Unicode';
}

/** A text that is not changed: at most `max` UTF-16 units, without NUL and lone surrogates. */
export function plainText(max: number) {
  return z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0'), 'must not contain NUL characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
}

/** Text as people write it: outer blanks are removed, an empty text is null; zero-width characters alone are refused. */
export function text(max: number) {
  return plainText(max)
    .refine((value) => value.trim() === '' || !isBlank(value), 'must hold something that can be seen')
    .transform((value) => value.trim() || null)
    .nullable();
}

const EMPTY = 'must not be empty';

/** The same, where something visible is required. */
export function requiredText(max: number) {
  return plainText(max)
    .trim()
    .min(1, { error: EMPTY, abort: true })
    .refine((value) => !isBlank(value), EMPTY);
}

/** Blanks, format characters, and the letters that Unicode draws as nothing; no NUL, which is refused by its name. */
const INVISIBLE = /^[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether a text shows nothing: empty, blanks, zero-width characters. */
export function isBlank(value: string): boolean {
  const first = value.charCodeAt(0);
  // Most texts begin with a letter or a digit.
  return !(first > 0x20 && first < 0x7f) && INVISIBLE.test(value);
}
