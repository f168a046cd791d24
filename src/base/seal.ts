import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { StartError } from './errors.ts';

/**
 * Encrypts secrets for storage with AES-256-GCM. A sealed value is `version (1 byte) ‖ key id (4) ‖ nonce (12) ‖
 * tag (16) ‖ ciphertext`. The place where it is stored (workspace, table, column) is the additional data, so a
 * value copied to another row or column cannot be opened.
 */
export interface Sealer {
  /** The first four bytes of SHA-256 of the key, in hex; identifies the key that sealed a value. */
  readonly keyId: string;
  seal(place: Place, plain: string): Buffer;
  /** Throws `SealError` if the value was sealed with another key or for another place. */
  open(place: Place, sealed: Buffer): string;
  /** Derives a 32-byte key for one purpose, such as signing form tokens; it reveals nothing about other keys. */
  derive(purpose: string): Buffer;
}

export interface Place {
  workspaceId: string;
  table: string;
  column: string;
}

export class SealError extends Error {
  override readonly name = 'SealError';
}

const VERSION = 1;

/** @param key 32 bytes */
export function makeSealer(key: Buffer): Sealer {
  if (key.length !== 32)
    throw new StartError('FAIRLEAD_SECRET_KEY must be 32 bytes, as 64 hex digits or base64.');
  const id = createHash('sha256').update(key).digest().subarray(0, 4);

  return {
    keyId: id.toString('hex'),

    seal(place, plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(additionalData(place));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), id, nonce, cipher.getAuthTag(), body]);
    },

    open(place, sealed) {
      if (sealed[0] !== VERSION || sealed.length < 33) throw new SealError('not a sealed value');
      if (!sealed.subarray(1, 5).equals(id)) {
        throw new SealError(
          `sealed with key ${sealed.subarray(1, 5).toString('hex')}, the current key is ${id.toString('hex')}`,
        );
      }
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(5, 17));
      decipher.setAAD(additionalData(place));
      decipher.setAuthTag(sealed.subarray(17, 33));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(33)), decipher.final()]).toString('utf8');
      } catch {
        throw new SealError(
          `a value of ${place.table}.${place.column} was changed or belongs to another row or column`,
        );
      }
    },

    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', `fairlead ${purpose}`, 32)),
  };
}

function additionalData(place: Place): Buffer {
  return Buffer.from(`${place.workspaceId}\n${place.table}\n${place.column}`);
}

/** Parses a key of 32 bytes from 64 hex digits or base64; null for any other text. */
export function parseKey(text: string): Buffer | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  const bytes = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) && bytes.length === 32 ? bytes : null;
}
