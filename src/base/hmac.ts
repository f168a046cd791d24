import { createHash, createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';

/** HMAC-SHA256 of the concatenated parts. */
export function hmacSha256(
  key: string | Buffer | KeyObject,
  encoding: 'hex' | 'base64',
  ...parts: (string | Buffer)[]
): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

export function sha256(...parts: (string | Buffer)[]): Buffer {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** Salt and text of `sha256Salted`; longer ones are hashed in the ordinary way. */
const scratch = Buffer.alloc(512);

/** `sha256(salt, text)` of a short ASCII text, for a third of its cost. */
export function sha256Salted(salt: Buffer, text: string): Buffer {
  const length = salt.length + text.length;
  if (length > scratch.length) return sha256(salt, text);
  salt.copy(scratch);
  scratch.write(text, salt.length, 'latin1');
  return hash('sha256', scratch.subarray(0, length), 'buffer');
}

/** The SHA-256 of one text, in base64; for a short text half the cost of `sha256`. */
export function sha256Text(text: string): string {
  return hash('sha256', text, 'base64');
}

/** Compares in constant time. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Caches the key object of each secret: a webhook signs thousands of bodies with the same secret.
 * @param decode returns the bytes of a secret's text
 */
export function keyring(decode: (secret: string) => Buffer): (secret: string) => KeyObject {
  const keys = new Map<string, KeyObject>();
  return (secret) => {
    let key = keys.get(secret);
    if (key === undefined) {
      if (keys.size >= 10_000) keys.clear();
      key = createSecretKey(decode(secret));
      keys.set(secret, key);
    }
    return key;
  };
}
