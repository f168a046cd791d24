import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { sameBytes, sha256 } from '../../base/hmac.ts';
import type { InboundHandler } from '../../connections/connection-kind.ts';
import type { ConnectionServices } from '../integration.ts';
import { inboundMailHandler, type ProviderMail } from '../received-mail.ts';

const envelopeShape = z.looseObject({ from: z.string().catch(''), to: z.array(z.string()).catch([]) });

/** Inbound Parse of SendGrid, with the option "POST the raw, full MIME message". Throws `validation_error`. */
export function readSendgridMail(body: unknown): ProviderMail {
  const fields = (body ?? {}) as Record<string, unknown>;
  const mime = fields['email'];
  if (typeof mime !== 'string' || mime === '')
    throw new ApiError(
      'validation_error',
      'The form has no field email: tick "POST the raw, full MIME message" in Inbound Parse.',
    );
  return { content: { raw: Buffer.from(mime) }, envelope: envelopeOf(fields['envelope']) };
}

function envelopeOf(value: unknown): ProviderMail['envelope'] {
  try {
    const { data } = envelopeShape.safeParse(JSON.parse(String(value)));
    if (data) return { from: data.from, to: data.to };
  } catch {
    // The addresses of the header remain.
  }
  return { from: null, to: [] };
}

/** Inbound Parse signs nothing by itself: the password is in the URL, as `https://fairlead:{password}@…`. */
export const verifySendgridForm: InboundHandler<ConnectionServices>['verify'] = (
  { headers },
  { secrets },
) => {
  const [, encoded = ''] = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const sent = Buffer.from(encoded, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  const expected = secrets['inbound_password'];
  const isRight = sameBytes(sha256(sent), sha256(expected ?? ''));
  return expected !== undefined && isRight ? null : 'The password in the URL is missing, or is another one.';
};

/** Mails that Inbound Parse of SendGrid received. */
export const sendgridInbound = inboundMailHandler({
  verify: verifySendgridForm,
  read: readSendgridMail,
  takesForms: true,
});
