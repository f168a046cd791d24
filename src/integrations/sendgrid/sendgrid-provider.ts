import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type {
  EmailParts,
  EmailProvider,
  SendResult,
  SendTools,
} from '../../messaging/emails/email-provider.ts';
import type { HttpResponse } from '../../net/http-client.ts';
import { baseUrlOf, EMAIL_ID, isResult, parsedReply, post, resultOfRefusal, textOf } from '../email-api.ts';

export const SENDGRID_URL = 'https://api.sendgrid.com';

/** Mail by SendGrid. It takes no MIME, has no idempotency key, and cannot be asked about a mail. */
export const sendgridProvider: EmailProvider = {
  kind: 'sendgrid',

  async send({ id, messageId, parts }, account, tools) {
    const body = JSON.stringify({
      ...contentOf(parts),
      headers: { ...parts.headers, 'Message-ID': `<${messageId}>` },
      custom_args: { [EMAIL_ID]: id },
      // Counted by the program itself.
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
        subscription_tracking: { enable: false },
      },
    });
    const url = `${baseUrlOf(account.settings, SENDGRID_URL)}/v3/mail/send`;
    const answer = await post(url, { headers: headersOf(account), body }, tools);
    return isResult(answer) ? answer : resultOf(answer);
  },

  test: testSendgrid,
  dns: () => ({ spfInclude: 'include:sendgrid.net', dkimSelectors: ['s1', 's2'] }),
};

function contentOf({ from, to, cc, bcc, replyTo, subject, html, text, attachments }: EmailParts): object {
  const person = ({ address, name }: EmailParts['from']) => ({
    email: address,
    ...(name !== null && { name }),
  });
  const others = (addresses: readonly string[]) => addresses.map((email) => ({ email }));
  return {
    personalizations: [
      {
        to: [person(to)],
        ...(cc.length > 0 && { cc: others(cc) }),
        ...(bcc.length > 0 && { bcc: others(bcc) }),
      },
    ],
    from: person(from),
    ...(replyTo !== null && { reply_to: { email: replyTo } }),
    subject,
    content: [
      { type: 'text/plain', value: text },
      ...(html === null ? [] : [{ type: 'text/html', value: html }]),
    ],
    ...(attachments.length > 0 && {
      attachments: attachments.map(({ name, contentType, bytes, contentId }) => ({
        filename: name,
        type: contentType,
        content: bytes.toString('base64'),
        disposition: contentId === null ? 'attachment' : 'inline',
        ...(contentId !== null && { content_id: contentId }),
      })),
    }),
  };
}

function resultOf(response: HttpResponse): SendResult {
  const { status, headers, body } = response;
  if (status === 202 || status === 200)
    return { outcome: 'accepted', providerId: textOf(headers['x-message-id']) };
  const { errors } = parsedReply(body) as { errors?: { message?: string }[] };
  const message = Array.isArray(errors) ? errors.map((error) => textOf(error?.message) ?? '').join(' ') : '';
  return resultOfRefusal(response, message);
}

/** Reads the scopes of the key. */
export async function testSendgrid(
  values: ConnectionValues,
  { http }: Pick<SendTools, 'http'>,
): Promise<TestResult> {
  try {
    const url = `${baseUrlOf(values.settings, SENDGRID_URL)}/v3/scopes`;
    const { status, body } = await http(url, { headers: headersOf(values) });
    if (status !== 200) return { ok: false, message: `SendGrid answered ${status}.` };
    const { scopes } = parsedReply(body) as { scopes?: unknown[] };
    return Array.isArray(scopes) && scopes.includes('mail.send')
      ? { ok: true, message: 'The key works, and may send.' }
      : { ok: false, message: 'The key may not send: it needs the access Mail Send.' };
  } catch (error) {
    return { ok: false, message: `SendGrid could not be reached: ${(error as Error).message}` };
  }
}

function headersOf({ secrets }: Pick<ConnectionValues, 'secrets'>): Record<string, string> {
  return { authorization: `Bearer ${secrets['api_key']}`, 'content-type': 'application/json' };
}
