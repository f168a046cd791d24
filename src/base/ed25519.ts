import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

// Node accepts keys only as DER: these bytes precede the 32 bytes of an Ed25519 private key (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const RAW_BYTES = 32;

/** Makes a new private key and returns its 32-byte seed. */
export function makeSeed(): Buffer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-RAW_BYTES);
}

export function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of the public key. */
export function publicBytesOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_BYTES);
}

/** Signs the concatenated parts; deterministic. */
export function signEd25519(key: KeyObject, ...parts: (string | Buffer)[]): Buffer {
  return sign(
    null,
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
    key,
  );
}
