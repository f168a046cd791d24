import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';

/** Signed paths that download a file without a key or session, until they expire. */
export interface FileUrls {
  /**
   * The path `/files/<token>` for a file. It is valid for at least `lifetimeS` seconds and less than twice as long, and
   * is the same within each such period, so that browsers can cache the file.
   */
  sign(workspaceId: Uuid, id: Uuid, lifetimeS: number): { path: string; expiresAt: number };
  /** The file of a token; null if it is forged or expired. */
  open(token: string): { workspaceId: Uuid; id: Uuid } | null;
}

/** Workspace id, file id, expiry in seconds since 1970. */
const SIGNED_BYTES = 16 + 16 + 4;
const MAC_BYTES = 16;
const TOKEN = /^[\w-]{70}$/;

/** @param key 32 bytes, of this purpose alone */
export function makeFileUrls(key: Buffer, clock: Clock): FileUrls {
  const mac = (signed: Buffer) => createHmac('sha256', key).update(signed).digest().subarray(0, MAC_BYTES);

  return {
    sign(workspaceId, id, lifetimeS) {
      const expiresS = (Math.ceil(clock.now() / 1000 / lifetimeS) + 1) * lifetimeS;
      const signed = Buffer.alloc(SIGNED_BYTES);
      signed.write(workspaceId.replaceAll('-', ''), 0, 'hex');
      signed.write(id.replaceAll('-', ''), 16, 'hex');
      signed.writeUInt32BE(expiresS, 32);
      const token = Buffer.concat([signed, mac(signed)]).toString('base64url');
      return { path: `/files/${token}`, expiresAt: expiresS * 1000 };
    },

    open(token) {
      if (!TOKEN.test(token)) return null;
      const bytes = Buffer.from(token, 'base64url');
      const signed = bytes.subarray(0, SIGNED_BYTES);
      if (!timingSafeEqual(bytes.subarray(SIGNED_BYTES), mac(signed))) return null;
      if (signed.readUInt32BE(32) * 1000 <= clock.now()) return null;
      return { workspaceId: uuidAt(signed, 0), id: uuidAt(signed, 16) };
    },
  };
}

function uuidAt(bytes: Buffer, at: number): Uuid {
  const hex = bytes.toString('hex', at, at + 16);
  return [0, 8, 12, 16, 20].map((start, n, all) => hex.slice(start, all[n + 1])).join('-');
}
