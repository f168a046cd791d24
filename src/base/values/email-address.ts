import { z } from 'zod';
import { text } from './text.ts';

/** Octets (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3). */
const MAX_LOCAL_OCTETS = 64;
export const MAX_ADDRESS_CHARACTERS = 254;

/** Dots are allowed anywhere: some carriers issued addresses such as `a..b@`. Quoted local parts are rejected. */
const LOCAL_PART = /^[^\s@,;:<>()[\]\\"]+$/u;
/** Matches most addresses at once; the others are checked part by part. */
const PLAIN =
  /^[\w.+'-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** Invisible characters are not allowed anywhere in an address. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const MAILTO = /^mailto(?::|%3a)/i;
/** Letters of any script, digits, `_`; hyphens not at the ends. */
const LABEL = /^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?$/u;

/**
 * Whether a text is one bare address: `jane@example.com`, not `mailto:…` and not `Jane <…>`.
 * @param options.minLabels minimum number of domain labels; the default 2 requires a dot
 */
export function isEmailAddress(value: string, { minLabels = 2 } = {}): boolean {
  if (PLAIN.test(value)) return true;
  if (HIDDEN.test(value) || MAILTO.test(value)) return false;
  const at = value.lastIndexOf('@');
  const local = value.slice(0, at);
  const labels = value.slice(at + 1).split('.');
  return (
    at > 0 &&
    LOCAL_PART.test(local) &&
    Buffer.byteLength(local) <= MAX_LOCAL_OCTETS &&
    labels.length >= minLabels &&
    labels.every((label) => LABEL.test(label))
  );
}

/** An email address, trimmed; an empty text becomes null. */
export const emailAddress = text(MAX_ADDRESS_CHARACTERS)
  .refine((value) => value === null || isEmailAddress(value), 'must be an email address')
  .meta({ description: 'Kept as sent; compared ignoring case.', examples: ['jane@example.com'] });

/** An address in a query. No address contains a space, so a space is an unencoded `+`. */
export const emailFilter = z
  .string()
  .max(1000)
  .transform((value) => value.replaceAll(' ', '+'));
