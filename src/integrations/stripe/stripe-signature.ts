import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import type { InboundRequest } from '../../connections/connection-kind.ts';

/** How far the time of a signature may be from now, in seconds: later is as wrong as earlier. */
const TOLERANCE_S = 300;

const MALFORMED =
  'header_malformed: Stripe-Signature is missing, or has no t or no v1. The request may not come from Stripe.';
const OUTSIDE =
  'timestamp_outside_tolerance: the signature is more than 5 minutes old or ahead. Check the clock of this server.';
const NO_MATCH =
  "no_signature_matches: the signing secret is another one. Copy the endpoint's secret, which begins with whsec_; test and live mode, and stripe listen, each have their own.";
const REWRITTEN =
  'no_signature_matches: the secret is right, but a proxy has rewritten the body. It has to pass the bytes on unchanged.';

/**
 * Verifies Stripe-Signature: an HMAC-SHA256 of `<t>.<body>`, with the whole secret as the key. Any `v1` is enough: after
 * a rotation there are several.
 * @returns why it does not match, null if it does
 */
export function verifySignature(
  { headers, rawBody, body }: Pick<InboundRequest, 'headers' | 'rawBody' | 'body'>,
  secret: string,
  nowMs: number,
): string | null {
  const { time, signatures } = signatureParts(headers['stripe-signature']);
  // Computed in any case, so that the time does not depend on the header.
  const isSigned = matches(secret, time ?? '0', rawBody, signatures);
  if (time === null || signatures.length === 0) return MALFORMED;
  if (!isSigned) return isRewritten(secret, time, body, signatures) ? REWRITTEN : NO_MATCH;
  return Math.abs(nowMs / 1000 - Number(time)) > TOLERANCE_S ? OUTSIDE : null;
}

/** The value of Stripe-Signature for a body. */
export function stripeSignature(secret: string, body: string, nowMs: number): string {
  const time = Math.floor(nowMs / 1000);
  return `t=${time},v1=${hmacSha256(secret, 'hex', `${time}.`, body)}`;
}

/** Other schemes are ignored: `v0` is not made with the secret. */
function signatureParts(header: string | string[] | undefined): {
  time: string | null;
  signatures: Buffer[];
} {
  const parts = String(header ?? '')
    .split(',')
    .map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
    });
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  return {
    time: /^\d{1,12}$/.test(time) ? time : null,
    signatures: parts.filter(([name]) => name === 'v1').map(([, value]) => Buffer.from(value)),
  };
}

function matches(
  secret: string,
  time: string,
  body: Buffer | string,
  signatures: readonly Buffer[],
): boolean {
  const expected = Buffer.from(hmacSha256(secret, 'hex', `${time}.`, body));
  return signatures.some((signature) => sameBytes(signature, expected));
}

/** Whether the signature is that of the same JSON as Stripe writes it. */
function isRewritten(secret: string, time: string, body: unknown, signatures: readonly Buffer[]): boolean {
  if (body === undefined) return false;
  return [JSON.stringify(body, null, 2), JSON.stringify(body)].some((text) =>
    matches(secret, time, text, signatures),
  );
}
