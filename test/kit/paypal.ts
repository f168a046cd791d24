import { randomUUID, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TestCertificate } from './certificate.ts';

export const PAYPAL_CERT_URL =
  'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270';

export interface PaypalSigning {
  body: string | Buffer;
  webhookId: string;
  certificate: TestCertificate;
  id?: string;
  time?: string;
  certificateUrl?: string;
  algorithm?: string;
  /** Signs this instead of the CRC-32 of the body. */
  crc?: string;
}

/** The headers with which PayPal sends a webhook. */
export function paypalHeaders({
  body,
  webhookId,
  certificate,
  id = randomUUID(),
  time = new Date().toISOString(),
  certificateUrl = PAYPAL_CERT_URL,
  algorithm = 'SHA256withRSA',
  crc = String(crc32(body)),
}: PaypalSigning): Record<string, string> {
  const digest = algorithm === 'SHA1withRSA' ? 'RSA-SHA1' : 'RSA-SHA256';
  const message = Buffer.from(`${id}|${time}|${webhookId}|${crc}`);
  return {
    'paypal-transmission-id': id,
    'paypal-transmission-time': time,
    'paypal-transmission-sig': sign(digest, message, certificate.privateKey).toString('base64'),
    'paypal-cert-url': certificateUrl,
    'paypal-auth-algo': algorithm,
    'paypal-auth-version': 'v2',
  };
}
