import { keyring } from '../../base/hmac.ts';

/** The HMAC key of a secret that is used as text, in UTF-8. */
export const textKey = keyring((secret) => Buffer.from(secret));

/**
 * Also characters that look like spaces or are invisible: they are lost when the secret is copied, and then every
 * verification fails.
 */
const BLANK = String.raw`[\s\p{Z}\p{Cf}\u115f\u1160\u2800\u3164\uffa0]`;
const BLANK_AT_AN_END = new RegExp(`^${BLANK}|${BLANK}$`, 'u');

/** Why the first or last character of a user-supplied secret is invalid, in any format, or null. */
export function blankProblem(secret: string): string | null {
  return BLANK_AT_AN_END.test(secret) ? 'must not begin or end with a space' : null;
}

/** Why a user-supplied text is not a valid secret, or null. */
export function textSecretProblem(secret: string): string | null {
  const blank = blankProblem(secret);
  if (blank !== null) return blank;
  return /^\P{Cc}{8,256}$/u.test(secret) && secret.isWellFormed()
    ? null
    : 'must have 8 to 256 characters, none of them a control character';
}
