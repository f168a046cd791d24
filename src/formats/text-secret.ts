import { keyring } from '../base/hmac.ts';

/** The key of a secret that signs as the text that it is, in UTF-8. */
export const textKey = keyring((secret) => Buffer.from(secret));

/** Also what looks like a blank, or like nothing: a copy of the secret loses it, and the receiver verifies nothing. */
const BLANK = String.raw`[\s\p{Z}\p{Cf}\u115f\u1160\u2800\u3164\uffa0]`;
const BLANK_AT_AN_END = new RegExp(`^${BLANK}|${BLANK}$`, 'u');

/** What is wrong with the ends of a secret that a person brings, in any format, or null. */
export function blankProblem(secret: string): string | null {
  return BLANK_AT_AN_END.test(secret) ? 'must not begin or end with a blank' : null;
}

/** What is wrong with a text that a person brings as a secret, or null. */
export function textSecretProblem(secret: string): string | null {
  const blank = blankProblem(secret);
  if (blank !== null) return blank;
  return /^\P{Cc}{8,256}$/u.test(secret) && secret.isWellFormed()
    ? null
    : 'must have 8 to 256 characters, none of them a control character';
}
