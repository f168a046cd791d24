import { randomBytes } from 'node:crypto';
import { sha256 } from '../base/hmac.ts';

/** The first characters of a secret, which say what it is, so that scanners of repositories find it. */
export const SECRET_PREFIX = { access: 'fl_access_', refresh: 'fl_refresh_', code: 'fl_code_' } as const;

type SecretKind = keyof typeof SECRET_PREFIX;

const RANDOM_PART = /^[\w-]{43}$/;

/** A new secret of 256 random bits, and what is stored of it. */
export function newSecret(kind: SecretKind): { raw: string; hash: Buffer } {
  const raw = SECRET_PREFIX[kind] + randomBytes(32).toString('base64url');
  return { raw, hash: sha256(raw) };
}

/** What is stored of a secret; null for a text that cannot be one of this kind. No salt: nobody can guess 256 bits. */
export function hashOf(kind: SecretKind, raw: string): Buffer | null {
  const prefix = SECRET_PREFIX[kind];
  return raw.startsWith(prefix) && RANDOM_PART.test(raw.slice(prefix.length)) ? sha256(raw) : null;
}
