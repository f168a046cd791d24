import { randomBytes, createSecretKey, type KeyObject } from 'node:crypto';
import { makeSeed, privateKeyOf, publicBytesOf, signEd25519 } from '../../base/ed25519.ts';
import { hmacSha256 } from '../../base/hmac.ts';
import { blankProblem } from '../../delivery/endpoint/text-secret.ts';

const SYMMETRIC = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';

export const makeSymmetric = () => SYMMETRIC + randomBytes(32).toString('base64');

/** The seed followed by the public key, as libsodium stores a private key. */
export function makePrivate(): string {
  const seed = makeSeed();
  return PRIVATE + Buffer.concat([seed, publicBytesOf(privateKeyOf(seed))]).toString('base64');
}

export const isPrivate = (secret: string) => secret.startsWith(PRIVATE);

/** The public key of a private key, `whpk_…`; null for a shared secret. */
export function publicOf(secret: string): string | null {
  return isPrivate(secret) ? PUBLIC + publicBytesOf(keyOf(secret)).toString('base64') : null;
}

/** Why a user-supplied secret is invalid, or null. */
export function keyProblem(secret: string): string | null {
  const blank = blankProblem(secret);
  if (blank !== null) return blank;
  if (isPrivate(secret)) {
    const bytes = decoded(secret, PRIVATE);
    const fits =
      bytes?.length === 32 || (bytes?.length === 64 && bytes.subarray(32).equals(publicBytes(bytes)));
    return fits
      ? null
      : 'must be whsk_ followed by the base64 of an Ed25519 key: 32 bytes, or 64 with its public key';
  }
  const bytes = decoded(secret, SYMMETRIC);
  if (bytes && bytes.length >= 24 && bytes.length <= 64) return null;
  return 'must be whsec_ followed by the base64 of 24 to 64 bytes';
}

/** The signature of a content with a secret, `v1,…` or `v1a,…` by the kind of secret; deterministic. */
export function signature(secret: string, content: string, body: string | Buffer): string {
  if (!isPrivate(secret)) return `v1,${hmacSha256(keyOf(secret), 'base64', content, body)}`;
  return `v1a,${signEd25519(keyOf(secret), content, body).toString('base64')}`;
}

/** The decoded bytes, or null if the text is not such a secret. */
function decoded(secret: string, prefix: string): Buffer | null {
  const text = secret.slice(prefix.length);
  if (!secret.startsWith(prefix) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return Buffer.from(text, 'base64');
}

function publicBytes(bytes: Buffer): Buffer {
  return publicBytesOf(privateKeyOf(bytes.subarray(0, 32)));
}

const MAX_CACHED_KEYS = 10_000;
const keys = new Map<string, KeyObject>();

/** Parsed keys are cached: a webhook signs thousands of bodies with the same key. */
function keyOf(secret: string): KeyObject {
  let key = keys.get(secret);
  if (key === undefined) {
    if (keys.size >= MAX_CACHED_KEYS) keys.clear();
    key = isPrivate(secret)
      ? privateKeyOf(decoded(secret, PRIVATE)!.subarray(0, 32))
      : createSecretKey(decoded(secret, SYMMETRIC)!);
    keys.set(secret, key);
  }
  return key;
}
