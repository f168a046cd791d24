import { keyring } from '../base/hmac.ts';

/** The key of a secret that signs as the text that it is, in UTF-8. */
export const textKey = keyring((secret) => Buffer.from(secret));

/** What is wrong with a text that a person brings as a secret, or null. */
export function textSecretProblem(secret: string): string | null {
  return /^\P{Cc}{8,256}$/u.test(secret) && secret.isWellFormed()
    ? null
    : 'must have 8 to 256 characters, none of them a control character';
}
