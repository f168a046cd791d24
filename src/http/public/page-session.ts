import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { makeTokenSigner } from './signed-token.ts';

/**
 * How long a page may be open before it is sent. At most the lifetime of an idempotency key, so that a token is valid for
 * one submission.
 */
const LIFETIME_MS = 24 * 3_600_000;

/** One visit of a page. */
export interface PageSession {
  /** Id of the session; repeated submissions with it are stored once. */
  nonce: string;
  /** Wall-clock milliseconds. */
  openedAt: number;
}

/** Signed tokens with the time a page was opened, which are sent back with the submission. */
export interface PageTokens {
  /** @param pageId the id of the page; the token is valid for it only */
  make(pageId: string): { token: string; session: PageSession };
  /** Null if the token is not of this server and this page, or is too old. */
  read(pageId: string, token: unknown): PageSession | null;
}

/** @param key derived from the installation's key for this kind of page only */
export function makePageTokens(key: Buffer, clock: Clock): PageTokens {
  const signer = makeTokenSigner(key);
  return {
    make(pageId) {
      const session = { nonce: randomBytes(16).toString('base64url'), openedAt: clock.now() };
      return { token: signer.sign(pageId, `${session.openedAt.toString(36)}.${session.nonce}`), session };
    },

    read(pageId, token) {
      const [, time, nonce] = /^([0-9a-z]{1,11})\.([\w-]{22})$/.exec(signer.read(pageId, token) ?? '') ?? [];
      if (time === undefined || nonce === undefined) return null;
      const openedAt = parseInt(time, 36);
      return clock.now() - openedAt < LIFETIME_MS ? { nonce, openedAt } : null;
    },
  };
}
