import { ApiError } from '../../base/errors.ts';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import type { InboundHandler } from '../../connections/connection-kind.ts';
import type { ConnectionServices } from '../integration.ts';
import { inboundMailHandler, type ProviderMail } from '../received-mail.ts';

const MAX_AGE_S = 15 * 60;

const fieldOf = (body: unknown, name: string): string => {
  const value = (body as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' ? value : '';
};

/** A route of Mailgun posts the mail as a form to a URL that ends with `mime`. Throws `validation_error`. */
export function readMailgunMail(body: unknown): ProviderMail {
  const mime = fieldOf(body, 'body-mime');
  if (mime === '')
    throw new ApiError(
      'validation_error',
      'The form has no body-mime: let the route forward to the URL that ends with /mime.',
    );
  const to = fieldOf(body, 'recipient');
  const envelope = {
    from: fieldOf(body, 'sender'),
    to: to === '' ? [] : to.split(',').map((item) => item.trim()),
  };
  return { content: { raw: Buffer.from(mime) }, envelope };
}

/** Timestamp and token are signed; the mail itself is not. */
export const verifyMailgunForm: InboundHandler<ConnectionServices>['verify'] = ({ body }, { secrets }) => {
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map((name) =>
    fieldOf(body, name),
  );
  // Computed in any case, so that the time does not depend on the fields.
  const key = secrets['webhook_signing_key'] ?? '';
  const expected = hmacSha256(key, 'hex', `${timestamp}${token}`);
  const isSigned = sameBytes(Buffer.from(signature!), Buffer.from(expected));
  // Anybody can sign with an empty key.
  if (key === '' || !isSigned)
    return 'The signature does not match: the HTTP webhook signing key is another one.';
  return Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_AGE_S
    ? null
    : 'The request is older than 15 minutes.';
};

/** Mails that a route of Mailgun forwards. */
export const mailgunInbound: InboundHandler<ConnectionServices> = {
  ...inboundMailHandler({ verify: verifyMailgunForm, read: readMailgunMail, takesForms: true }),
  path: 'mime',
};
