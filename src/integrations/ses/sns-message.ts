import { createVerify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { HttpClient } from '../../net/http-client.ts';

/** A message of Amazon SNS. */
export const snsMessage = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().max(200),
  TopicArn: z.string().max(300),
  Message: z.string(),
  Subject: z.string().nullish(),
  Timestamp: z.string().max(40),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2000),
  SigningCertURL: z.string().max(500),
  Token: z.string().max(2000).optional(),
  SubscribeURL: z.string().max(2000).optional(),
});
export type SnsMessage = z.output<typeof snsMessage>;

const HOST = /^sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?$/;

/** Whether a URL is one of Amazon SNS. The whole host is compared: amazonaws.com.evil.example is another one. */
export function isSnsUrl(text: string, path: RegExp): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  const isPlain = protocol === 'https:' && port === '' && username === '' && password === '';
  return isPlain && HOST.test(hostname) && path.test(pathname);
}

const CERTIFICATE_PATH = /^\/[\w.-]{1,200}\.pem$/;
const SUBSCRIBE_PATH = /^\/$/;

/** SNS retries for up to an hour by default; what is older is a replay. */
const TOLERANCE_MS = 3_600_000;
const MAX_CERTIFICATE_BYTES = 20_000;

/** The fields that are signed, in this order. */
const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
} as const;

/** The text that is signed. */
export function signedText(message: SnsMessage): string {
  const fields = message.Type === 'Notification' ? SIGNED.Notification : SIGNED.SubscriptionConfirmation;
  return fields
    .flatMap((name) => {
      const value = message[name];
      return value === undefined || value === null ? [] : [`${name}\n${value}\n`];
    })
    .join('');
}

export interface SnsVerifier {
  /** @returns why the message is not one of the topic, null if it is */
  verify(
    body: unknown,
    headers: Readonly<Record<string, unknown>>,
    topicArn: string,
    http: HttpClient,
  ): Promise<string | null>;
}

/** Certificates are kept by their URL: it changes with the certificate. */
const MAX_CERTIFICATES = 20;

export function makeSnsVerifier(now: () => number): SnsVerifier {
  const certificates = new Map<string, Promise<string>>();

  function certificateOf(url: string, http: HttpClient): Promise<string> {
    const known = certificates.get(url);
    if (known) return known;
    if (certificates.size >= MAX_CERTIFICATES) certificates.clear();
    const fetched = fetchCertificate(url, http);
    certificates.set(url, fetched);
    fetched.catch(() => certificates.delete(url));
    return fetched;
  }

  return {
    async verify(body, headers, topicArn, http) {
      const { data: message } = snsMessage.safeParse(body);
      if (!message) return 'malformed: the body is no message of Amazon SNS.';
      const { Type: type, MessageId: id, SigningCertURL: url } = message;
      if (headers['x-amz-sns-message-type'] !== type || headers['x-amz-sns-message-id'] !== id)
        return 'header_mismatch: the headers x-amz-sns-message-type and -id differ from the body.';
      if (topicArn === '' || message.TopicArn !== topicArn)
        return 'wrong_topic: the message is of another topic than the one of the settings.';
      if (!isSnsUrl(url, CERTIFICATE_PATH))
        return 'wrong_certificate: SigningCertURL is no certificate of Amazon SNS.';
      let certificate: string;
      try {
        certificate = await certificateOf(url, http);
      } catch {
        return 'no_certificate: the certificate of Amazon SNS could not be read.';
      }
      const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
      const isSigned = createVerify(algorithm)
        .update(signedText(message))
        .verify(certificate, message.Signature, 'base64');
      if (!isSigned) return 'no_signature_matches: the signature is not one of Amazon SNS.';
      const age = Math.abs(now() - Date.parse(message.Timestamp));
      return age <= TOLERANCE_MS
        ? null
        : 'timestamp_outside_tolerance: the message is more than an hour old.';
    },
  };
}

/** @returns the public key in PEM */
async function fetchCertificate(url: string, http: HttpClient): Promise<string> {
  const { status, body } = await http(url, { maxBytes: MAX_CERTIFICATE_BYTES });
  if (status !== 200) throw new Error(`status ${status}`);
  const certificate = new X509Certificate(body);
  return certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** Confirms a subscription. @returns whether SNS took it; a redirect is not followed */
export async function confirmSubscription(
  { SubscribeURL: url = '' }: SnsMessage,
  http: HttpClient,
): Promise<boolean> {
  if (!isSnsUrl(url, SUBSCRIBE_PATH)) return false;
  const { status } = await http(url);
  return status === 200;
}
