import { verify, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';

/** What PayPal says of one delivery of an event, in the headers of the request. */
export interface Transmission {
  id: string;
  time: string;
  /** In base64. */
  signature: string;
  certificateUrl: string;
  algorithm: string;
}

/** PayPal sends an event again for three days. */
const MAX_AGE_MS = 4 * 86_400_000;
/** A clock may be wrong, but not by more. */
const MAX_AHEAD_MS = 86_400_000;
const ALGORITHM = 'SHA256withRSA';

const NO_HEADERS = 'The request has no PAYPAL-TRANSMISSION-… headers: it is not a webhook of PayPal.';
const BAD_ALGORITHM = 'PAYPAL-AUTH-ALGO is not SHA256withRSA.';
const BAD_TIME = 'PAYPAL-TRANSMISSION-TIME is not a time.';
const TOO_OLD = 'PAYPAL-TRANSMISSION-TIME is more than 4 days ago.';
const IN_FUTURE = 'PAYPAL-TRANSMISSION-TIME is in the future: check the clock of this server.';

/** @returns the transmission, or what is wrong with its headers */
export function readTransmission(headers: IncomingHttpHeaders, now: number): Transmission | string {
  const sent = (name: string) => String(headers[`paypal-${name}`] ?? '');
  const transmission = {
    id: sent('transmission-id'),
    time: sent('transmission-time'),
    signature: sent('transmission-sig'),
    certificateUrl: sent('cert-url'),
    algorithm: sent('auth-algo'),
  };
  if (Object.values(transmission).includes('')) return NO_HEADERS;
  if (transmission.algorithm !== ALGORITHM) return BAD_ALGORITHM;
  const time = Date.parse(transmission.time);
  if (Number.isNaN(time)) return BAD_TIME;
  if (time < now - MAX_AGE_MS) return TOO_OLD;
  return time > now + MAX_AHEAD_MS ? IN_FUTURE : transmission;
}

/**
 * Whether PayPal signed the body for this webhook. It signs the CRC-32 of the body's bytes as an unsigned decimal.
 * @param rawBody as sent: JSON that was parsed and written again has another CRC
 */
export function isSigned(
  { id, time, signature }: Transmission,
  webhookId: string,
  rawBody: Buffer,
  key: KeyObject,
): boolean {
  const message = `${id}|${time}|${webhookId}|${crc32(rawBody)}`;
  return verify('RSA-SHA256', Buffer.from(message), key, Buffer.from(signature, 'base64'));
}
