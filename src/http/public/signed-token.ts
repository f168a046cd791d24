import { hmacSha256, sameBytes } from '../../base/hmac.ts';

/** Signs texts for the URLs and forms of public pages. Nothing is stored. */
export interface TokenSigner {
  /**
   * @param subject what the token is for, such as the id of a page; the token is valid for it only
   * @param text readable by everyone, without secrets
   */
  sign(subject: string, text: string): string;
  /** The text of a token; null if this server did not sign it for this subject. */
  read(subject: string, token: unknown): string | null;
}

/** The longest token that is read, in characters; those of this program are far shorter. */
const MAX_LENGTH = 1000;

/** @param key derived from the installation's key for this purpose only */
export function makeTokenSigner(key: Buffer): TokenSigner {
  const signature = (subject: string, text: string) => hmacSha256(key, 'base64', `${subject}\n${text}`);

  return {
    sign(subject, text) {
      return `${text}.${Buffer.from(signature(subject, text), 'base64').toString('base64url')}`;
    },

    read(subject, token) {
      if (typeof token !== 'string' || token.length > MAX_LENGTH) return null;
      const parts = /^(.+)\.([\w-]{43})$/.exec(token);
      if (!parts) return null;
      const [, text = '', signed = ''] = parts;
      const expected = Buffer.from(signature(subject, text), 'base64');
      return sameBytes(Buffer.from(signed, 'base64url'), expected) ? text : null;
    },
  };
}
