import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';

/**
 * How long a page may be open before it is sent. At most the lifetime of an idempotency key, so that a token is valid for
 * one submission.
 */
const LIFE_MS = 24 * 3_600_000;

/** One visit of a form page. */
export interface FormSession {
  /** Id of the session; repeated submissions with it are stored once. */
  nonce: string;
  /** Wall-clock milliseconds. */
  openedAt: number;
}

/** Signed tokens with the time a form was opened, which are sent back with the submission. Nothing is stored. */
export interface FormTokens {
  make(formId: Uuid): { token: string; session: FormSession };
  /** Null if the token is not of this server and this form, or is too old. */
  read(formId: Uuid, token: unknown): FormSession | null;
}

/** @param key derived from the installation's key for this purpose only */
export function makeFormTokens(key: Buffer, clock: Clock): FormTokens {
  const signed = (formId: Uuid, text: string) =>
    Buffer.from(hmacSha256(key, 'base64', `${formId}\n${text}`), 'base64');

  return {
    make(formId) {
      const session = { nonce: randomBytes(16).toString('base64url'), openedAt: clock.now() };
      const text = `${session.openedAt.toString(36)}.${session.nonce}`;
      return { token: `${text}.${signed(formId, text).toString('base64url')}`, session };
    },

    read(formId, token) {
      const parts =
        typeof token === 'string' ? /^([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{43})$/.exec(token) : null;
      if (!parts) return null;
      const [, time = '', nonce = '', signature = ''] = parts;
      const input = Buffer.from(signature, 'base64url');
      if (!sameBytes(input, signed(formId, `${time}.${nonce}`))) return null;
      const openedAt = parseInt(time, 36);
      const age = clock.now() - openedAt;
      return age < LIFE_MS ? { nonce, openedAt } : null;
    },
  };
}
