import { sameBytes, sha256 } from '../base/hmac.ts';

const CHALLENGE = /^[\w-]{43}$/;
const VERIFIER = /^[\w.~-]{43,128}$/;

/** Whether a text is a challenge of the method S256 (RFC 7636). */
export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/** Whether a verifier is that of a challenge. */
export function isVerifierOf(challenge: string, verifier: string): boolean {
  return VERIFIER.test(verifier) && sameBytes(sha256(verifier), Buffer.from(challenge, 'base64url'));
}
