import { sameBytes, sha256Salted } from '../base/hmac.ts';
import type { KeyNow } from './quota.ts';

/** A key as it was read, with what its secret is compared with. Salt and hash of an id never change. */
export interface FoundKey extends KeyNow {
  prefix: string;
  style: string;
  salt: Buffer;
  hash: Buffer;
  /** Until when a window of its plan is taken to be full, in milliseconds since 1970. */
  fullUntil?: number;
}

/** Maximum number of remembered keys; the least recently used is forgotten first. */
const MAX_KNOWN_KEYS = 10_000;

/**
 * Keys whose secret was verified, by visible prefix. Their state may have changed since: it has to be checked
 * (caller-check.ts) or read again.
 */
export class KnownKeys {
  readonly #keys = new Map<string, FoundKey>();

  /** The key that was used last: mostly the next one too, which then need not be moved to the end again. */
  #last: FoundKey | undefined;

  /** The key of a raw key; undefined if it is not remembered. */
  find(prefix: string, raw: string): FoundKey | undefined {
    const key = this.#keys.get(prefix);
    if (!key || !isRaw(key, raw)) return undefined;
    if (key !== this.#last) this.remember(key);
    return key;
  }

  remember(key: FoundKey): void {
    this.#keys.delete(key.prefix);
    if (this.#keys.size >= MAX_KNOWN_KEYS) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(key.prefix, key);
    this.#last = key;
  }

  forget(prefix: string): void {
    this.#keys.delete(prefix);
  }
}

/** Whether a raw key is this one; compared in constant time. */
export function isRaw(key: FoundKey, raw: string): boolean {
  return sameBytes(key.hash, sha256Salted(key.salt, raw));
}
