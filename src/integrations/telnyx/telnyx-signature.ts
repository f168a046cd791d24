import { createPublicKey, verify } from 'node:crypto';
import type { InboundRequest } from '../../connections/connection-kind.ts';

/** How far the time of a signature may be from now, in seconds. */
const TOLERANCE_S = 300;
/** What makes an Ed25519 key of 32 bytes a public key in DER (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
/** A point of the curve. */
const NO_KEY = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');

const MISSING =
  'telnyx-signature-ed25519 or telnyx-timestamp is missing: the request may not come from Telnyx.';
const BAD_KEY = 'The public key is none of Telnyx: copy it from Account → Keys & Credentials → Public Key.';
const NO_MATCH =
  'The signature does not match: the public key is another one, or a proxy has changed the body.';
const OUTSIDE = 'The signature is more than 5 minutes old or ahead. Check the clock of this server.';

/**
 * Verifies a webhook of Telnyx: Ed25519 over `<timestamp>|<body>`.
 * @param publicKey Base64 of 32 bytes
 * @returns why it does not match, null if it does
 */
export function verifyTelnyxSignature(
  { headers, rawBody }: Pick<InboundRequest, 'headers' | 'rawBody'>,
  publicKey: string,
  nowMs: number,
): string | null {
  const signature = headers['telnyx-signature-ed25519'];
  const time = headers['telnyx-timestamp'];
  const sent = Buffer.from(publicKey, 'base64');
  const isKey = sent.length === KEY_BYTES;
  // An unknown connection has none, and takes the same steps.
  const key = isKey ? sent : NO_KEY;
  if (typeof signature !== 'string' || typeof time !== 'string' || !/^\d{1,12}$/.test(time)) return MISSING;
  const signed = Buffer.concat([Buffer.from(`${time}|`), rawBody]);
  const spki = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' });
  const isSigned = verify(null, signed, spki, Buffer.from(signature, 'base64'));
  if (!isKey) return BAD_KEY;
  if (!isSigned) return NO_MATCH;
  return Math.abs(nowMs / 1000 - Number(time)) > TOLERANCE_S ? OUTSIDE : null;
}
