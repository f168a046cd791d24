import { createHmac } from 'node:crypto';
import { sameBytes } from '../../base/hmac.ts';
import { timeOf, type Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';

export type HitKind = 'open' | 'click';

/** What a token is for: `o` the pixel, `l` a link, `u` unsubscribing. A token is valid for one of them. */
export type TokenPurpose = 'o' | 'l' | 'u';

/** What a valid token names. */
export interface TrackedItem {
  emailId: Uuid;
  /** Number of the link; 0 for the pixel and for unsubscribing. */
  link: number;
}

/**
 * Tokens of public URLs in mails: `email id (16 bytes) ‖ link (2) ‖ first 10 bytes of an HMAC-SHA256`, as 38 characters of
 * base64url. They hold no URL and no address, and nothing is stored for them.
 */
export interface TrackingTokens {
  make(purpose: TokenPurpose, item: TrackedItem): string;
  /** Null if this server did not make the token, or made it for something else. */
  read(purpose: TokenPurpose, token: string): TrackedItem | null;
}

const SIGNED_LENGTH = 18;
const MAC_LENGTH = 10;
/** 28 bytes in base64url without padding. */
const TOKEN = /^[\w-]{38}$/;
const MAX_LINK = 0xffff;
const MAX_KEYS = 100;

/**
 * The key is that of the calendar year of the mail: a key that becomes known is worth nothing for later mails, and links of
 * old mails go on working.
 */
export function makeTrackingTokens({ derive }: Pick<Sealer, 'derive'>): TrackingTokens {
  const keys = new Map<number, Buffer>();

  function keyFor(emailId: Uuid): Buffer {
    const year = new Date(timeOf(emailId)).getUTCFullYear();
    let key = keys.get(year);
    if (!key) {
      if (keys.size >= MAX_KEYS) keys.clear();
      key = derive(`email tracking ${year}`);
      keys.set(year, key);
    }
    return key;
  }

  function macOf(purpose: TokenPurpose, emailId: Uuid, signed: Buffer): Buffer {
    return createHmac('sha256', keyFor(emailId))
      .update(purpose)
      .update(signed)
      .digest()
      .subarray(0, MAC_LENGTH);
  }

  return {
    make(purpose, { emailId, link }) {
      if (!Number.isInteger(link) || link < 0 || link > MAX_LINK) throw new Error(`there is no link ${link}`);
      const signed = Buffer.alloc(SIGNED_LENGTH);
      signed.write(emailId.replaceAll('-', ''), 'hex');
      signed.writeUInt16BE(link, 16);
      return Buffer.concat([signed, macOf(purpose, emailId, signed)]).toString('base64url');
    },

    read(purpose, token) {
      if (!TOKEN.test(token)) return null;
      const bytes = Buffer.from(token, 'base64url');
      // The last character has bits to spare: only one of its spellings is the token.
      if (bytes.toString('base64url') !== token) return null;
      const signed = bytes.subarray(0, SIGNED_LENGTH);
      const hex = signed.toString('hex', 0, 16);
      const emailId = [
        hex.slice(0, 8),
        hex.slice(8, 12),
        hex.slice(12, 16),
        hex.slice(16, 20),
        hex.slice(20),
      ].join('-');
      if (!sameBytes(bytes.subarray(SIGNED_LENGTH), macOf(purpose, emailId, signed))) return null;
      return { emailId, link: signed.readUInt16BE(16) };
    },
  };
}
